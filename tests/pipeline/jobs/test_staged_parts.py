"""Texts in parts for a batch transform."""

from __future__ import annotations

import pytest

from pipeline.errors import BadInput
from pipeline.jobs.staged_parts import balanced_part_bytes, payload_mb, split_into_parts, staged


def test_parts_hold_all_records_in_order() -> None:
    texts = [f"text number {i}\nsecond line" for i in range(20)]
    made = list(split_into_parts(texts, part_bytes=50))
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


@pytest.mark.parametrize("n_instances", [2, 3, 7])
@pytest.mark.parametrize("n_records", [7, 100, 1000])
def test_parts_for_several_instances_are_as_many_for_each_and_nearly_alike(n_instances: int, n_records: int) -> None:
    texts = ["x" * (1 + number % 50) for number in range(n_records)]
    lengths = [len(text) + 1 for text in texts]
    parts = list(split_into_parts(texts, balanced_part_bytes(lengths, n_instances)))
    assert b"".join(part.content for part in parts).decode().split() == texts
    assert len(parts) <= n_instances
    sizes = [len(part.content) for part in parts]
    assert max(sizes) <= sum(lengths) / n_instances + max(lengths) + 1
