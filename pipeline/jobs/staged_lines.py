"""Headerless one-column CSV cut into parts of whole lines, so that several instances share one object."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.data.tables.bad_records import BadRecords
from pipeline.jobs.staged_parts import MAX_PAYLOAD_MB


@dataclass(frozen=True, slots=True)
class LinePart:
    """Some lines of an object, each a record."""

    name: str
    content: bytes
    n_records: int
    longest: int
    """Bytes of its longest record."""


def line_parts(blocks: Iterable[bytes], source: str, part_bytes: int, bad: BadRecords) -> Iterator[LinePart]:
    """Cut an object into parts; each ends with the line that fills it.

    Parameters
    ----------
    blocks : iterable of bytes
        The object.
    source : str
        What messages call it.
    part_bytes : int
        How many bytes fill a part.
    bad : BadRecords
        Takes note of lines that are no record: not UTF-8, not one column, or longer than SageMaker takes.

    Raises
    ------
    BadInput
        At the first of them, unless `bad` skips them.
    """
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # the default, 131,072, is shorter than some texts
    lines: list[bytes] = []
    size = n_parts = 0
    for number, line in enumerate(_lines(blocks), 1):
        if (fault := _fault(line)) is not None:
            bad.add(f"{source}, line {number}: {fault}.")
            continue
        lines.append(line)
        size += len(line)
        if size >= part_bytes:
            yield _part(n_parts, lines)
            lines, size, n_parts = [], 0, n_parts + 1
    if lines:
        yield _part(n_parts, lines)


def _part(number: int, lines: list[bytes]) -> LinePart:
    return LinePart(f"{number:07d}.csv", b"".join(lines), len(lines), max(map(len, lines)))


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut at every newline, as `SplitType=Line` does; the last line gets one where it has none."""
    rest: list[bytes] = []
    for block in blocks:
        *whole, last = block.split(b"\n")
        if whole:
            yield b"".join([*rest, whole[0], b"\n"])
            for line in whole[1:]:
                yield line + b"\n"
            rest = []
        rest.append(last)
    if any(rest):
        yield b"".join([*rest, b"\n"])


def _fault(line: bytes) -> str | None:
    """Say what keeps a line from being one record of one column; None if nothing does."""
    if len(line) > MAX_PAYLOAD_MB * 2**20:
        return f"{len(line):,} bytes, and a batch transform takes {MAX_PAYLOAD_MB} MB a record"
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        return f"not UTF-8 ({error.reason})"
    if '"' not in text and "," not in text:
        return None
    try:
        (fields,) = csv.reader([text.removesuffix("\n").replace("\r", " ")], strict=True)
    except csv.Error as error:
        return f"not CSV ({error})"
    return None if len(fields) == 1 else f"{len(fields)} columns, and one is wanted, the text"
