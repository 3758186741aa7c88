"""The records that settings are chosen by: those by which the training job chooses, all of a small corpus."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from pyspark.sql import SparkSession

from preprocessor.job.training_texts import LARGE
from preprocessor.streaming.sample import N_HASHES, SAMPLE_BYTES, LeastHashes, Taken

from .corpus import Columns, Part, Records, bytes_of_files, read_chunk, read_pairs, read_part
from .tasks import Piece, collected, each_part

_MORE_THAN_ENOUGH = 1.25


@dataclass(frozen=True, slots=True)
class Sample:
    """The records to choose by, in order, and how many there are in all."""

    records: Records
    n_records: int


@dataclass(frozen=True, slots=True)
class PartSample:
    """Of a part the records that may be of the sample, as pairs of text and category."""

    taken: list[Taken]
    n_records: int


def sampled(spark: SparkSession, parts: tuple[Part, ...], columns: Columns) -> Sample:
    """Bring the records to choose by to the driver: of a corpus that the training job holds in memory, all."""
    size = bytes_of_files(parts)
    if size <= LARGE:
        every: list[Records] = collected(each_part(spark, len(parts), partial(_all_of_part, parts, columns)))
        pairs = [(text, category) for one in every for text, category in zip(one.texts, one.categories, strict=True)]
        n_records = len(pairs)
    else:
        pairs, n_records = _least(spark, parts, columns, SAMPLE_BYTES / size)
    print(f"choosing by {len(pairs):,} of {n_records:,} records", flush=True)
    return Sample(Records([text for text, _ in pairs], [category for _, category in pairs]), n_records)


def _least(
    spark: SparkSession, parts: tuple[Part, ...], columns: Columns, share: float
) -> tuple[list[tuple[str, str]], int]:
    """Take the records with the least hashes: of each part no more than a share that should be enough."""
    for bound in _bounds(share):
        work = partial(_sample_of_part, parts, columns, bound)
        found: list[PartSample] = collected(each_part(spark, len(parts), work))
        least = LeastHashes(SAMPLE_BYTES)
        for taken in (taken for part in found for taken in part.taken):
            least.take(taken)
        if least.is_full:
            break
    pairs = [pair for taken in least.in_order() for pair in taken.record]
    return pairs, sum(part.n_records for part in found)


def _bounds(share: float) -> Iterator[int]:
    """Yield the hash that records have to be below, then larger ones: bytes of Parquet say little of its texts."""
    bound = math.ceil(share * _MORE_THAN_ENOUGH * N_HASHES)
    while bound < N_HASHES:
        yield bound
        bound *= 2
    yield N_HASHES


def _all_of_part(parts: tuple[Part, ...], columns: Columns, number: int) -> Iterable[Piece]:
    yield 0, read_part(parts[number], columns)


def _sample_of_part(parts: tuple[Part, ...], columns: Columns, bound: int, number: int) -> Iterable[Piece]:
    part = parts[number]
    least = LeastHashes(SAMPLE_BYTES, bound)
    n_records = 0
    for record in read_chunk(part, columns).records():
        least.look_at(part.file, record)
        n_records += 1
    taken = [replace(taken, record=read_pairs(part, taken.record, columns)) for taken in least.in_order()]
    yield 0, PartSample(taken, n_records)
