"""Arrow streams of one row without pyarrow: those of the same length are alike but for their numbers.

What stands around the numbers is cut out of what pyarrow itself writes for a row of that length, and kept.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..features.term_rows import TermRows
from .arrow_format import number_positions

MAX_TERMS = 1024
"""pyarrow writes longer rows each time: what it costs there is little beside the terms themselves."""


class OneRowStreams:
    """Writes streams of one row, byte for byte what pyarrow writes.

    Parameters
    ----------
    write : callable
        Writes any rows as a stream by pyarrow.
    """

    def __init__(self, write: Callable[[TermRows], bytes]) -> None:
        self._write = write
        self._templates: dict[int, tuple[bytes, bytes, bytes]] = {}

    def encode(self, row: TermRows) -> bytes:
        """Write a matrix of one row as a stream."""
        n_terms = len(row.indices)
        if n_terms > MAX_TERMS:
            return self._write(row)
        if n_terms not in self._templates:
            self._templates[n_terms] = self._template(n_terms)
        head, between, end = self._templates[n_terms]
        return b"".join((head, row.indices.tobytes(), between, row.values.tobytes(), end))

    def _template(self, n_terms: int) -> tuple[bytes, bytes, bytes]:
        """Return what stands before, between and behind the numbers."""
        zeros = np.zeros(n_terms, np.int32)
        stream = self._write(TermRows(np.array([0, n_terms], np.int32), zeros, zeros.astype(np.float32), n_terms))
        indices, values = number_positions(len(stream), n_terms)
        size = 4 * n_terms
        return stream[:indices], stream[indices + size : values], stream[values + size :]
