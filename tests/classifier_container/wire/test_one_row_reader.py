"""Known streams of one row are read as `read_features` reads them, and refused as it refuses them."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier_container.classifier.errors import RequestRefused
from classifier_container.classifier.wire import one_row_reader
from classifier_container.classifier.wire.feature_stream import FeatureRows, FeatureSpace, read_features
from classifier_container.classifier.wire.one_row_reader import FeatureReader

SPACE = FeatureSpace(1000, "abc")
INDICES = st.sets(st.integers(0, 999), min_size=1, max_size=20).map(sorted)


def stream(indices: Sequence[int], values: Sequence[float], fingerprint: str = "abc") -> bytes:
    schema = pa.schema(
        {"indices": pa.list_(pa.int32()), "values": pa.list_(pa.float32())},
        metadata={"n_features": "1000", "fingerprint": fingerprint, "format_version": "1"},
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        columns = [pa.array([row], field.type) for row, field in zip((indices, values), schema, strict=True)]
        writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
    written: bytes = sink.getvalue().to_pybytes()
    return written


def reader_that_knows(*lengths: int) -> FeatureReader:
    reader = FeatureReader(SPACE)
    for length in lengths:
        reader.read(stream(range(length), [0.5] * length))
    return reader


def outcome(read: FeatureReader, body: bytes) -> tuple[object, ...]:
    try:
        rows: FeatureRows = read.read(body)
    except RequestRefused as refusal:
        return refusal.code, refusal.message, refusal.record
    return tuple((part.dtype, part.tolist()) for part in (rows.indptr, rows.indices, rows.values.view(np.uint32)))


class Slow(FeatureReader):
    def read(self, body: bytes) -> FeatureRows:
        return read_features(body, SPACE)


KNOWING = reader_that_knows(*range(1, 21))


@given(INDICES, st.data())
def test_rows_are_those_of_the_stream(indices: list[int], data: st.DataObject) -> None:
    values = data.draw(st.lists(st.floats(0, 2**20, width=32), min_size=len(indices), max_size=len(indices)))
    body = stream(indices, values)
    assert outcome(KNOWING, body) == outcome(Slow(SPACE), body)


@given(INDICES, st.integers(0, 5000), st.integers(0, 255))
def test_any_changed_byte_is_taken_or_refused_as_by_the_full_reader(indices: list[int], place: int, byte: int) -> None:
    body = bytearray(stream(indices, [0.5] * len(indices)))
    body[place % len(body)] = byte
    assert outcome(KNOWING, bytes(body)) == outcome(Slow(SPACE), bytes(body))


@given(INDICES, st.integers(1, 60))
def test_cut_and_lengthened_streams_are_refused_as_by_the_full_reader(indices: list[int], size: int) -> None:
    body = stream(indices, [0.5] * len(indices))
    for changed in (body[:-size], body + body[:size], body + body, body + b"\0" * size):
        assert outcome(KNOWING, changed) == outcome(Slow(SPACE), changed)


@pytest.mark.parametrize(
    ("indices", "values", "code"),
    [
        ([3, 1], [0.5, 0.5], "UnsortedIndices"),
        ([3, 3], [0.5, 0.5], "UnsortedIndices"),
        ([-1, 3], [0.5, 0.5], "IndexOutOfRange"),
        ([1, 1000], [0.5, 0.5], "IndexOutOfRange"),
        ([1, 3], [0.5, -0.5], "ImpossibleValue"),
        ([1, 3], [0.5, float("nan")], "ImpossibleValue"),
        ([1, 3], [float("inf"), 0.5], "ImpossibleValue"),
    ],
)
def test_numbers_are_checked_each_time(indices: list[int], values: list[float], code: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        reader_that_knows(2).read(stream(indices, values))
    assert refused.value.code == code
    assert refused.value.record == 1


def test_other_fingerprint_is_refused_from_a_stream_that_is_otherwise_known() -> None:
    with pytest.raises(RequestRefused, match="another preprocessor"):
        reader_that_knows(2).read(stream([1, 3], [0.5, 0.5], "abd"))


def test_known_streams_are_read_without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = reader_that_knows(2)
    monkeypatch.setattr(one_row_reader, "read_features", None)
    assert reader.read(stream([1, 999], [0.5, 1.0])).indices.tolist() == [1, 999]


def test_stream_whose_offsets_lie_among_its_numbers_is_not_learnt() -> None:
    """Its buffers overlap, so what is around the numbers would not say how they are to be read."""

    def overlapping(last: int) -> bytes:
        """The offsets are read from where the indices are."""
        body = stream([0, last], [0.5] * 2)
        place = body.index(struct.pack("<qqqqqq", 0, 0, 0, 8, 8, 0))
        return body[:place] + struct.pack("<qqqqqq", 0, 0, 8, 8, 8, 0) + body[place + 48 :]

    reader = FeatureReader(SPACE)
    assert outcome(reader, overlapping(2)) == outcome(Slow(SPACE), overlapping(2))
    assert outcome(reader, overlapping(999)) == outcome(Slow(SPACE), overlapping(999))
