"""Objects of one-line records in parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.tables.bad_records import BadRecords, OnBadRecord
from pipeline.errors import BadInput
from pipeline.jobs.staged_lines import line_parts
from pipeline.jobs.staged_parts import even_share


@given(
    st.lists(st.text(st.characters(exclude_characters='\n\r",', exclude_categories=["Cs"]), max_size=9), max_size=40),
    st.integers(1, 60),
    st.integers(1, 17),
)
def test_all_lines_are_in_the_parts_in_order(lines: list[str], part_bytes: int, block: int) -> None:
    content = "\n".join(lines).encode()
    blocks = [content[start : start + block] for start in range(0, len(content), block)]
    parts = list(line_parts(blocks, "s3://b/k", part_bytes, BadRecords()))
    whole = b"".join(part.content for part in parts)
    assert whole == (content if content.endswith(b"\n") or not content else content + b"\n")
    assert sum(part.n_records for part in parts) == whole.count(b"\n")
    assert all(len(part.content) >= part_bytes for part in parts[:-1])
    assert [part.name for part in parts] == sorted(part.name for part in parts)


def test_each_instance_gets_as_many_parts() -> None:
    content = b"".join(b"x" * (1 + number % 50) + b"\n" for number in range(20_000))
    for instances in (2, 3, 7):
        parts = list(line_parts([content], "s3://b/k", even_share(len(content), instances), BadRecords()))
        assert len(parts) == instances
        assert max(len(part.content) for part in parts) <= len(content) / instances + 52


BAD = [(b"two,columns", "2 columns"), (b'"open', "not CSV"), (b"\xff", "not UTF-8"), (b'"a" b', "not CSV")]


@pytest.mark.parametrize(("line", "why"), BAD)
def test_a_line_that_is_no_record_is_named_or_skipped(line: bytes, why: str) -> None:
    blocks = [b'one\n"two, quoted"\n', line, b"\nthree\n"]
    with pytest.raises(BadInput, match=rf"s3://b/k, line 3: {why}"):
        list(line_parts(blocks, "s3://b/k", 9, BadRecords()))
    bad = BadRecords(OnBadRecord.SKIP)
    parts = list(line_parts(blocks, "s3://b/k", 9, bad))
    assert b"".join(part.content for part in parts) == b'one\n"two, quoted"\nthree\n'
    assert bad.count == 1
