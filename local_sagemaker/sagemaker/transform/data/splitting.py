"""Cuts an object into requests. Each is a contiguous slice of the object: all, joined, are the object again.

`SplitType=Line` cuts at every newline, quoted or not, and a record keeps its newline. A header line is a record like
any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

Splitter = Callable[[BinaryIO, int], Iterator["MiniBatch"]]
"""Cuts an object, given its stream and the payload limit in bytes."""


class SplitType(StrEnum):
    """How an object is cut into records."""

    NONE = "None"
    LINE = "Line"


class BatchStrategy(StrEnum):
    """How many records go into one request."""

    SINGLE_RECORD = "SingleRecord"
    MULTI_RECORD = "MultiRecord"


@dataclass(frozen=True, slots=True)
class MiniBatch:
    """The body of one request and its place in its object. `first_record` counts from 1, `offset` from 0, in bytes."""

    payload: bytes
    first_record: int
    records: int
    offset: int


class RecordTooLarge(Exception):
    """A record does not fit the payload limit; the message says where it is."""


def splitter(split: SplitType, strategy: BatchStrategy) -> Splitter:
    """Choose how an object is cut."""
    if split is SplitType.NONE:
        return whole
    return single_lines if strategy is BatchStrategy.SINGLE_RECORD else packed_lines


def whole(stream: BinaryIO, limit: int) -> Iterator[MiniBatch]:
    """Make one request of the whole object.

    Raises
    ------
    RecordTooLarge
        If the object is larger than `limit` bytes.
    """
    payload = stream.read(limit + 1)
    if len(payload) > limit:
        raise RecordTooLarge(f"the object is larger than {_megabytes(limit)}")
    yield MiniBatch(payload, first_record=1, records=1, offset=0)


def single_lines(stream: BinaryIO, limit: int) -> Iterator[MiniBatch]:
    """Make one request of each line.

    Raises
    ------
    RecordTooLarge
        If a line is longer than `limit` bytes, its newline included.
    """
    record, offset = 1, 0
    while line := stream.readline(limit + 1):
        if len(line) > limit:
            raise _too_large(record, offset, limit)
        yield MiniBatch(line, record, 1, offset)
        record, offset = record + 1, offset + len(line)


def packed_lines(stream: BinaryIO, limit: int) -> Iterator[MiniBatch]:
    """Fill each request with as many lines as fit; no more than one request's bytes are held.

    Raises
    ------
    RecordTooLarge
        If a line is longer than `limit` bytes, its newline included.
    """
    record, offset, rest = 1, 0, b""
    while window := rest + stream.read(limit + 1 - len(rest)):
        cut = len(window) if len(window) <= limit else window.rfind(b"\n", 0, limit) + 1
        if cut == 0:
            raise _too_large(record, offset, limit)
        payload, rest = window[:cut], window[cut:]
        records = count_lines(payload)
        yield MiniBatch(payload, record, records, offset)
        record, offset = record + records, offset + cut


def count_lines(payload: bytes) -> int:
    """Count lines; the last needs no newline."""
    return payload.count(b"\n") + (bool(payload) and not payload.endswith(b"\n"))


def lines(payload: bytes) -> list[bytes]:
    """Cut into lines without their newlines; what follows the last newline is a line if it is not empty."""
    found = payload.split(b"\n")
    return found if found[-1] else found[:-1]


def halves(batch: MiniBatch) -> tuple[MiniBatch, MiniBatch]:
    """Cut a request of several lines into two, at the last line end before its middle or else the first after it."""
    payload, middle = batch.payload, len(batch.payload) // 2
    cut = payload.rfind(b"\n", 0, middle) + 1 or payload.find(b"\n", middle) + 1
    records = count_lines(payload[:cut])
    return (
        MiniBatch(payload[:cut], batch.first_record, records, batch.offset),
        MiniBatch(payload[cut:], batch.first_record + records, batch.records - records, batch.offset + cut),
    )


def _too_large(record: int, offset: int, limit: int) -> RecordTooLarge:
    return RecordTooLarge(f"line {record} (byte offset {offset}) is larger than {_megabytes(limit)}")


def _megabytes(limit: int) -> str:
    return f"MaxPayloadInMB={limit / (1 << 20):g}"
