"""The laws of cutting objects into requests."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from local_sagemaker.sagemaker.transform.data.splitting import (
    BatchStrategy,
    MiniBatch,
    RecordTooLarge,
    SplitType,
    count_lines,
    halves,
    lines,
    packed_lines,
    single_lines,
    splitter,
    whole,
)

OBJECTS = st.lists(st.sampled_from([b"\n", b"a", b'"', b",", b"\r", "\u2028".encode(), b"longer than most"])).map(
    b"".join
)
LIMITS = st.integers(min_value=1, max_value=60)
BY_LINE = pytest.mark.parametrize("cut", [single_lines, packed_lines])


@BY_LINE
@given(content=OBJECTS, limit=LIMITS)
def test_requests_joined_are_the_object(
    cut: Callable[[BinaryIO, int], Iterator[MiniBatch]], content: bytes, limit: int
) -> None:
    assume(all(len(line) < limit for line in lines(content)))
    assert b"".join(batch.payload for batch in cut(io.BytesIO(content), limit)) == content


@BY_LINE
@given(content=OBJECTS, limit=LIMITS)
def test_every_request_says_where_it_is(
    cut: Callable[[BinaryIO, int], Iterator[MiniBatch]], content: bytes, limit: int
) -> None:
    assume(all(len(line) < limit for line in lines(content)))
    record, offset = 1, 0
    for batch in cut(io.BytesIO(content), limit):
        assert (batch.first_record, batch.offset) == (record, offset)
        assert batch.records == count_lines(batch.payload) == len(lines(batch.payload))
        record, offset = record + batch.records, offset + len(batch.payload)
    assert record - 1 == len(lines(content))


@given(content=OBJECTS, limit=LIMITS)
def test_requests_are_as_full_as_the_limit_allows(content: bytes, limit: int) -> None:
    assume(all(len(line) < limit for line in lines(content)))
    batches = list(packed_lines(io.BytesIO(content), limit))
    assert all(len(batch.payload) <= limit for batch in batches)
    for batch, following in itertools.pairwise(batches):
        next_record = next(single_lines(io.BytesIO(following.payload), limit)).payload
        assert len(batch.payload) + len(next_record) > limit


@given(content=OBJECTS)
def test_a_single_record_request_is_one_line(content: bytes) -> None:
    batches = list(single_lines(io.BytesIO(content), 1000))
    assert [batch.payload.removesuffix(b"\n") for batch in batches] == lines(content)


@given(content=OBJECTS)
def test_halves_of_a_request_are_the_request(content: bytes) -> None:
    assume(count_lines(content) > 1)
    batch = MiniBatch(content, first_record=5, records=count_lines(content), offset=70)
    first, second = halves(batch)
    assert first.payload + second.payload == content
    assert first.records + second.records == batch.records
    assert min(first.records, second.records) >= 1
    assert (second.first_record, second.offset) == (5 + first.records, 70 + len(first.payload))


def test_a_quoted_newline_ends_a_record() -> None:
    batches = list(single_lines(io.BytesIO(b'"two\nlines"\n'), 100))
    assert [batch.payload for batch in batches] == [b'"two\n', b'lines"\n']


def test_a_line_separator_does_not_end_a_record() -> None:
    assert len(list(single_lines(io.BytesIO("a\u2028b\x0bc\x85d\n".encode()), 100))) == 1


@BY_LINE
def test_a_line_over_the_limit_is_named_by_its_place(cut: Callable[[BinaryIO, int], Iterator[MiniBatch]]) -> None:
    with pytest.raises(RecordTooLarge, match=r"line 3 \(byte offset 6\) is larger than MaxPayloadInMB=9.53674e-06"):
        list(cut(io.BytesIO(b"ab\ncd\n" + b"x" * 10 + b"\nef\n"), 10))


@BY_LINE
def test_a_last_line_without_newline_may_fill_the_limit(cut: Callable[[BinaryIO, int], Iterator[MiniBatch]]) -> None:
    assert [batch.payload for batch in cut(io.BytesIO(b"a\n0123456789"), 10)] == [b"a\n", b"0123456789"]


def test_a_whole_object_is_one_request() -> None:
    assert list(whole(io.BytesIO(b"a\nb\n"), 4)) == [MiniBatch(b"a\nb\n", first_record=1, records=1, offset=0)]


def test_a_whole_object_over_the_limit_is_refused() -> None:
    with pytest.raises(RecordTooLarge, match="the object is larger than MaxPayloadInMB=1"):
        list(whole(io.BytesIO(bytes((1 << 20) + 1)), 1 << 20))


def test_an_empty_object_has_no_lines() -> None:
    cut = splitter(SplitType.LINE, BatchStrategy.MULTI_RECORD)
    assert list(cut(io.BytesIO(b""), 10)) == []
