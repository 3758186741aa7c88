"""Arrow streams of one row without pyarrow: a stream is known when all of it but its numbers came before and passed
every check. Its numbers are checked each time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .arrow_format import number_positions
from .feature_stream import FeatureRows, FeatureSpace, read_features

MAX_KNOWN_BYTES = 16 * 2**10
MAX_KNOWN_STREAMS = 2048
"""What is longer, or comes when so many are known, is left to pyarrow each time."""

_INFINITY = 0x7F800000
"""The bits of float32's infinity: those of finite numbers from 0 up are less, those of all others are not."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a stream has its numbers, and what is behind its head apart from them."""

    indptr: NDArray[np.int64]
    n_items: int
    indices: int
    values: int
    between: bytes
    end: bytes

    def fits(self, body: bytes) -> bool:
        size = 4 * self.n_items
        return body[self.indices + size : self.values] == self.between and body[self.values + size :] == self.end


class FeatureReader:
    """Reads the requests of one classifier.

    Parameters
    ----------
    space : FeatureSpace
        What the rows must be of.
    """

    def __init__(self, space: FeatureSpace) -> None:
        self._space = space
        self._layouts: dict[bytes, _Layout] = {}
        self._head = 0
        """Bytes before the first index; the same for rows of every length."""

    def read(self, body: bytes) -> FeatureRows:
        """Read one stream or several; see `read_features`, which reads all but known streams of one row."""
        layout = self._layouts.get(body[: self._head])
        if layout is not None and layout.fits(body):
            indices = np.frombuffer(body, np.int32, layout.n_items, layout.indices)
            values = np.frombuffer(body, np.float32, layout.n_items, layout.values)
            if self._usable(indices, values):
                return FeatureRows(layout.indptr, indices, values, self._space)
        rows = read_features(body, self._space)
        if rows.n_rows == 1 and len(rows.indices) and len(body) <= MAX_KNOWN_BYTES:
            self._learn(body, len(rows.indices))
        return rows

    def _usable(self, indices: NDArray[np.int32], values: NDArray[np.float32]) -> bool:
        """See that a row can be computed with, as `read_features` does, which says why where it cannot."""
        return bool(
            indices.item(0) >= 0
            and indices.item(-1) < self._space.n_features
            and np.logical_and.reduce(indices[1:] > indices[:-1])
            and np.maximum.reduce(values.view(np.uint32)) < _INFINITY
        )

    def _learn(self, body: bytes, n_items: int) -> None:
        """Remember a stream that `read_features` took, if it is just what pyarrow writes: then its numbers lie
        where `number_positions` says, and no two of its parts overlap.
        """
        if len(self._layouts) == MAX_KNOWN_STREAMS or _written_anew(body) != body:
            return
        indices, values = number_positions(len(body), n_items)
        size = 4 * n_items
        if not self._layouts:
            self._head = indices
        self._layouts[body[:indices]] = _Layout(
            np.array([0, n_items]), n_items, indices, values, body[indices + size : values], body[values + size :]
        )


def _written_anew(body: bytes) -> bytes:
    stream = pa.ipc.open_stream(body)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, stream.schema) as writer:
        for batch in stream:
            writer.write_batch(batch)
    written: bytes = sink.getvalue().to_pybytes()
    return written
