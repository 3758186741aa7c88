"""Texts as `part-NNNNN.csv` files for a batch transform: one column, no header, one line per record."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.data.staging import one_record
from pipeline.errors import BadInput

MAX_PAYLOAD_MB = 100
"""What SageMaker allows for one request of a batch transform."""
_DEFAULT_PAYLOAD_MB = 6
PART_BYTES = 2 * 2**20


@dataclass(frozen=True, slots=True)
class StagedPart:
    """One file of a staged data set."""

    name: str
    content: bytes
    n_records: int
    longest: int
    """Bytes of its longest record."""


def balanced_part_bytes(lengths: Iterable[int], n_instances: int) -> int:
    """Return the size of parts that gives each of several instances as much to do: so many parts for each, all alike.

    Parameters
    ----------
    lengths : iterable of int
        Of the records, in bytes.
    n_instances : int
        Among how many the parts are divided.
    """
    n_bytes = longest = 0
    for length in lengths:
        n_bytes, longest = n_bytes + length, max(longest, length)
    # A part ends before the record that does not fit: with room for one more, each holds its share, and none is left.
    return even_share(n_bytes, n_instances) + longest


def even_share(n_bytes: int, n_instances: int) -> int:
    """Return how large parts of some megabytes are, of which each instance gets as many."""
    n_rounds = max(1, math.ceil(n_bytes / (n_instances * PART_BYTES)))
    return math.ceil(n_bytes / (n_instances * n_rounds))


def split_into_parts(texts: Iterable[str], part_bytes: int = PART_BYTES) -> Iterator[StagedPart]:
    """Cut texts into parts of some megabytes, in order, holding one part in memory.

    Raises
    ------
    BadInput
        If a text is longer than SageMaker takes in one request; the message names the record, counted from 1.
    """
    lines: list[bytes] = []
    size = n_parts = 0
    for number, text in enumerate(texts, 1):
        line = one_record(text).encode()
        if len(line) > MAX_PAYLOAD_MB * 2**20:
            raise BadInput(
                f"Record {number} has {len(line):,} bytes; a batch transform takes {MAX_PAYLOAD_MB} MB a "
                f"record. Shorten or split the text."
            )
        if lines and size + len(line) > part_bytes:
            yield _part(n_parts, lines)
            lines, size, n_parts = [], 0, n_parts + 1
        lines.append(line)
        size += len(line)
    if lines:
        yield _part(n_parts, lines)


def payload_mb(longest: int) -> int:
    """Return the `MaxPayloadInMB` that lets a record of `longest` bytes through."""
    return min(MAX_PAYLOAD_MB, max(_DEFAULT_PAYLOAD_MB, longest // 2**20 + 1))


def staged(texts: Iterable[str]) -> bytes:
    """Return the content of one part that holds all of `texts`."""
    return "".join(map(one_record, texts)).encode()


def _part(number: int, lines: list[bytes]) -> StagedPart:
    return StagedPart(f"part-{number:05d}.csv", b"".join(lines), len(lines), max(map(len, lines)))
