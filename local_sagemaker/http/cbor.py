"""CBOR (RFC 8949), as far as AWS's services speak it: Python's plain types and points in time, there and back."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

_EPOCH_TAG = 1
_INDEFINITE = 31
_BREAK = 0xFF
_DEEPEST = 100
_SIMPLE = {20: False, 21: True, 22: None, 23: None}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_LENGTHS = {24: ">B", 25: ">H", 26: ">I", 27: ">Q"}


class NotCbor(ValueError):
    """Bytes that are no CBOR, or none that a client of AWS sends."""


def encoded(value: Any) -> bytes:
    """Write a value: mappings, sequences, texts, bytes, numbers, booleans, None and aware datetimes.

    Examples
    --------
    >>> decoded(encoded({"Names": ["a"], "Value": 1.5, "On": True}))
    {'Names': ['a'], 'Value': 1.5, 'On': True}
    """
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", False: b"\xf4", True: b"\xf5"}[value]
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        text = value.encode()
        return _head(3, len(text)) + text
    if isinstance(value, datetime):
        return _head(6, _EPOCH_TAG) + encoded(value.timestamp())
    if isinstance(value, Mapping):
        return _head(5, len(value)) + b"".join(encoded(key) + encoded(item) for key, item in value.items())
    return _head(4, len(value)) + b"".join(map(encoded, value))


def decoded(data: bytes) -> Any:
    """Read a value.

    Raises
    ------
    NotCbor
        If it is cut off, has something behind it, or holds what no client of AWS sends.
    """
    reader = _Reader(data)
    try:
        value = reader.value(0)
    except (IndexError, struct.error, UnicodeDecodeError, OverflowError, TypeError) as error:
        raise NotCbor(f"the body is no CBOR: {error}") from error
    if reader.place != len(data):
        raise NotCbor("there is something behind the body")
    return value


def _head(kind: int, number: int) -> bytes:
    if number < 24:
        return bytes([kind << 5 | number])
    for short, form in _LENGTHS.items():
        if number < 1 << 8 * struct.calcsize(form):
            return bytes([kind << 5 | short]) + struct.pack(form, number)
    raise OverflowError(f"{number} is too large for CBOR")


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.place = 0
        self._kinds: tuple[Callable[[int, int], Any], ...] = (
            lambda short, depth: self._number(short),
            lambda short, depth: -1 - self._number(short),
            lambda short, depth: self._string(short, 2),
            lambda short, depth: self._string(short, 3).decode(),
            lambda short, depth: list(self._items(short, depth)),
            self._map,
            self._tagged,
            lambda short, depth: self._simple(short),
        )

    def value(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise NotCbor("the body is nested too deeply")
        first = self._data[self.place]
        self.place += 1
        return self._kinds[first >> 5](first & 31, depth + 1)

    def _bytes(self, length: int) -> bytes:
        if length > len(self._data) - self.place:
            raise NotCbor("the body is cut off")
        self.place += length
        return self._data[self.place - length : self.place]

    def _number(self, short: int) -> int:
        if short < 24:
            return short
        if short not in _LENGTHS:
            raise NotCbor(f"no length is written as {short}")
        form = _LENGTHS[short]
        return int(struct.unpack(form, self._bytes(struct.calcsize(form)))[0])

    def _ended(self) -> bool:
        ended = self._data[self.place] == _BREAK
        self.place += ended
        return ended

    def _string(self, short: int, kind: int) -> bytes:
        if short != _INDEFINITE:
            return self._bytes(self._number(short))
        pieces = []
        while not self._ended():
            first = self._bytes(1)[0]
            if first >> 5 != kind:
                raise NotCbor("a string has a piece of another type")
            pieces.append(self._bytes(self._number(first & 31)))
        return b"".join(pieces)

    def _items(self, short: int, depth: int) -> list[Any]:
        if short != _INDEFINITE:
            return [self.value(depth) for _ in range(self._number(short))]
        items = []
        while not self._ended():
            items.append(self.value(depth))
        return items

    def _map(self, short: int, depth: int) -> dict[Any, Any]:
        if short != _INDEFINITE:
            return {self.value(depth): self.value(depth) for _ in range(self._number(short))}
        entries = {}
        while not self._ended():
            key = self.value(depth)
            entries[key] = self.value(depth)
        return entries

    def _tagged(self, short: int, depth: int) -> Any:
        tag, value = self._number(short), self.value(depth)
        if tag != _EPOCH_TAG:
            return value
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise NotCbor("a point in time is no number")
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OSError) as error:
            raise NotCbor(f"no point in time is {value}") from error

    def _simple(self, short: int) -> Any:
        if short in _FLOATS:
            form = _FLOATS[short]
            return float(struct.unpack(form, self._bytes(struct.calcsize(form)))[0])
        if short not in _SIMPLE:
            raise NotCbor(f"the simple value {short} has no meaning here")
        return _SIMPLE[short]
