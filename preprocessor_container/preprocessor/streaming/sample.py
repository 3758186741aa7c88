"""Some records of files that are too large for memory, always the same ones, spread over all of them.

A record is taken or not by where it stands, so whoever reads which part of the files, and in which order, comes to the
same sample.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .chunk_records import read_records
from .chunks import Chunk, read_chunks, total_bytes
from .progress import Progress

SAMPLE_BYTES = 32 * 2**20
"""Of records, with what stands around their texts."""

N_HASHES = 2**64

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


@dataclass(frozen=True, slots=True)
class Taken:
    """A record that may be of the sample."""

    position: tuple[int, int]
    """The number of its file, and where it stands in that: its first byte, of Parquet its row."""
    n_bytes: int
    record: Any


class LeastHashes:
    """The records with the least hashes, as many as make up so many bytes, but one at least.

    Parameters
    ----------
    most_bytes : int
    bound : int
        Records with this hash, or a larger one, are out.
    """

    def __init__(self, most_bytes: int, bound: int = N_HASHES) -> None:
        self._most_bytes, self._bound = most_bytes, bound
        self._heap: list[tuple[int, tuple[int, int], Taken]] = []
        self._n_bytes = 0
        self.is_full = False
        """Whether there were more of them."""

    def look_at(self, file: int, record: Chunk) -> None:
        """Take a record of `Chunk.records` if it is one of them so far."""
        position = file, record.first_line if record.is_parquet else record.first_byte
        if _hash(position) < self._bound:
            self.take(Taken(position, _size(record), record.alone()))

    def take(self, found: Taken) -> None:
        """Take a record, and leave out those that have no room beside it, be it this one."""
        key = _hash(found.position)
        if key >= self._bound:
            return
        heapq.heappush(self._heap, (-key, found.position, found))  # the first one is that with the largest hash
        self._n_bytes += found.n_bytes
        while self._n_bytes > self._most_bytes and len(self._heap) > 1:
            largest, _, out = heapq.heappop(self._heap)
            self._n_bytes -= out.n_bytes
            self._bound, self.is_full = -largest, True

    def in_order(self) -> list[Taken]:
        """Return them in the order of files and lines."""
        return sorted((taken for _, _, taken in self._heap), key=lambda taken: taken.position)


def read_sample(paths: Sequence[Path], text_column: str, label_column: str) -> Sample:
    """Take the records that `LeastHashes` takes, as many as make `SAMPLE_BYTES`.

    Raises
    ------
    JobRefused
        If a file, or one of the records, is not what it should be; the message names file and line.
    """
    progress = Progress("looked through", total_bytes(paths))
    least = LeastHashes(SAMPLE_BYTES)
    n_records = 0
    for file, chunk in _chunks(paths, (text_column, label_column), progress):
        for record in chunk.records():
            least.look_at(file, record)
            n_records += 1
    records = (taken.record for taken in least.in_order())
    return Sample([pair for record in records for pair in read_records(record, text_column, label_column)], n_records)


def _chunks(paths: Sequence[Path], columns: Sequence[str], progress: Progress) -> Iterator[tuple[int, Chunk]]:
    for file, path in enumerate(paths):
        share = 0.0
        for chunk in read_chunks(path, columns):
            yield file, chunk
            progress.add(chunk.n_records, int((chunk.share - share) * path.stat().st_size))
            share = chunk.share
    progress.say()


def _size(record: Chunk) -> int:
    if not record.is_parquet:
        return _RECORD_OVERHEAD + len(record.body)
    buffers = (column[0].as_buffer() for column in record.body.columns)
    n_bytes: int = sum(buffer.size for buffer in buffers if buffer is not None)
    return _RECORD_OVERHEAD + n_bytes


def _hash(position: tuple[int, int]) -> int:
    file, place = position
    return _mixed(_mixed(file) + place)


def _mixed(number: int) -> int:
    """Mix the bits of a number."""
    mixed = (number + 1) * _FACTOR % N_HASHES
    mixed = (mixed ^ (mixed >> 32)) * _SECOND_FACTOR % N_HASHES
    return mixed ^ (mixed >> 29)
