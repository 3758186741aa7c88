"""Texts in parts for a batch transform."""

from __future__ import annotations

import pytest

from pipeline.errors import BadInput
from pipeline.jobs import staged_parts
from pipeline.jobs.staged_parts import payload_mb, split_into_parts, staged


def test_parts_hold_all_records_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staged_parts, "_PART_BYTES", 50)
    texts = [f"text number {i}\nsecond line" for i in range(20)]
    made = list(split_into_parts(texts))
    assert [part.name for part in made] == [f"part-{i:05d}.csv" for i in range(len(made))]
    assert len(made) > 1
    assert b"".join(part.content for part in made) == staged(texts)
    assert sum(part.n_records for part in made) == 20


def test_no_texts_make_no_part() -> None:
    assert list(split_into_parts([])) == []


def test_a_long_record_raises_the_payload_limit() -> None:
    (part,) = split_into_parts(["x" * (20 * 2**20)])
    assert payload_mb(part.longest) * 2**20 > part.longest
    assert payload_mb(10) == 6


def test_a_record_that_no_transform_takes_is_named() -> None:
    with pytest.raises(BadInput, match="Record 2 has"):
        list(split_into_parts(["short", "x" * (100 * 2**20)]))
