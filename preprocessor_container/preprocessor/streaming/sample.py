"""Some records of files that are too large for memory, always the same ones, spread over all of them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .chunk_records import read_records
from .chunks import Chunk, read_chunks, total_bytes
from .progress import Progress

SAMPLE_BYTES = 32 * 2**20
"""Of records, with what stands around their texts."""

_FACTOR = 0x9E3779B97F4A7C15
_SECOND_FACTOR = 0xD6E8FEB86659FD93
_RECORD_OVERHEAD = 200
"""Bytes that an empty record counts for."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The records that settings are chosen by."""

    pairs: list[tuple[str, str]]
    """Texts and categories, in the order of files and lines."""
    n_records: int
    """How many records there are in all."""


def read_sample(paths: Sequence[Path], text_column: str, label_column: str) -> Sample:
    """Take the records whose numbers have the least hashes, as many as make `SAMPLE_BYTES`.

    Raises
    ------
    JobRefused
        If a file, or one of the records, is not what it should be; the message names file and line.
    """
    progress = Progress("looked through", total_bytes(paths))
    kept: list[tuple[int, int, Chunk]] = []
    size = number = 0
    for chunk in _chunks(paths, (text_column, label_column), progress):
        for record in chunk.records():
            key = -_hash(number)  # the heap's first one is the least: that with the largest hash goes first
            if size < SAMPLE_BYTES or key > kept[0][0]:
                heapq.heappush(kept, (key, number, record.alone()))
                size += _size(record)
                while size > SAMPLE_BYTES and len(kept) > 1:
                    size -= _size(heapq.heappop(kept)[2])
            number += 1
    in_order = sorted(kept, key=lambda each: each[1])
    pairs = [pair for _, _, record in in_order for pair in read_records(record, text_column, label_column)]
    return Sample(pairs, number)


def _chunks(paths: Sequence[Path], columns: Sequence[str], progress: Progress) -> Iterator[Chunk]:
    for path in paths:
        share = 0.0
        for chunk in read_chunks(path, columns):
            yield chunk
            progress.add(chunk.n_records, int((chunk.share - share) * path.stat().st_size))
            share = chunk.share
    progress.say()


def _size(record: Chunk) -> int:
    return _RECORD_OVERHEAD + (record.body.nbytes if record.is_parquet else len(record.body))


def _hash(number: int) -> int:
    """Mix the bits of a record's number."""
    mixed = (number + 1) * _FACTOR % 2**64
    mixed = (mixed ^ (mixed >> 32)) * _SECOND_FACTOR % 2**64
    return mixed ^ (mixed >> 29)
