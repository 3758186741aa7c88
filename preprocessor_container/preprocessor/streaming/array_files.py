"""Files of named arrays: written whole or not at all, and read a piece at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LENGTH_BYTES = 8


@dataclass(frozen=True, slots=True)
class _Place:
    offset: int
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ArrayFile:
    """A file that `write_arrays` wrote; nothing of it stays open or in memory."""

    path: Path
    facts: dict[str, Any]
    _places: dict[str, _Place]

    @classmethod
    def open(cls, path: Path) -> ArrayFile:
        """Read what is in a file, but not the arrays themselves."""
        with path.open("rb") as file:
            length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
            header = json.loads(file.read(length))
        offset, places = _LENGTH_BYTES + length, {}
        for name, (dtype, shape) in header["arrays"].items():
            places[name] = _Place(offset, dtype, tuple(shape))
            offset += _n_bytes(places[name])
        return cls(path, header["facts"], places)

    def read(self, name: str, start: int = 0, stop: int | None = None) -> NDArray[Any]:
        """Return an array, or some of its items (those of its first dimension)."""
        place = self._places[name]
        stop = place.shape[0] if stop is None else stop
        shape = (stop - start, *place.shape[1:])
        per_item = _n_bytes(place) // max(place.shape[0], 1)
        found = np.empty(shape, place.dtype)
        with self.path.open("rb") as file:
            file.seek(place.offset + start * per_item)
            if file.readinto(found.reshape(-1).view(np.uint8).data) != found.nbytes:
                raise OSError(f"{self.path}: the file ends before its arrays do")
        return found


def _n_bytes(place: _Place) -> int:
    return int(np.prod(place.shape, dtype=np.int64)) * np.dtype(place.dtype).itemsize


def write_arrays(path: Path, facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays, and facts as JSON, in one go: whoever looks sees the whole file, or what was there before."""
    described = {name: (array.dtype.str, array.shape) for name, array in arrays.items()}
    header = json.dumps({"facts": facts, "arrays": described}).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".unfinished")
    with unfinished.open("wb") as file:
        file.write(len(header).to_bytes(_LENGTH_BYTES, "little") + header)
        for array in arrays.values():
            file.write(np.ascontiguousarray(array).data)
    unfinished.replace(path)
