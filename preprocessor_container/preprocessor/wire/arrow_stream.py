"""The wire to the classifier: Arrow IPC streams of sparse rows, `application/vnd.apache.arrow.stream`."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..features.term_rows import TermRows
from .arrow_format import FORMAT_VERSION
from .one_row_stream import OneRowStreams


class Wire:
    """Streams with one row per record: its terms' columns (ascending) and their values.

    Parameters
    ----------
    n_features : int
        How many columns there are.
    fingerprint : str
        Of the vocabulary and weights that made the rows; the classifier refuses rows of another.
    """

    def __init__(self, n_features: int, fingerprint: str) -> None:
        self.n_features = n_features
        self.schema = pa.schema(
            {"indices": pa.list_(pa.int32()), "values": pa.list_(pa.float32())},
            metadata={"n_features": str(n_features), "fingerprint": fingerprint, "format_version": str(FORMAT_VERSION)},
        )
        self._one_row = OneRowStreams(lambda rows: write_stream([rows], self.schema))

    def encode(self, batches: Iterable[TermRows]) -> bytes:
        """Write one stream with a record batch for each of `batches`."""
        coming = iter(batches)
        first = next(coming, None)
        if first is None:
            return write_stream((), self.schema)
        second = next(coming, None)
        if second is None:
            return self._one_row.encode(first) if first.n_rows == 1 else write_stream([first], self.schema)
        return write_stream(chain((first, second), coming), self.schema)


def write_stream(batches: Iterable[TermRows], schema: pa.Schema) -> bytes:
    """Write one stream by pyarrow."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        for rows in batches:
            writer.write_batch(_record_batch(rows, schema))
    encoded: bytes = sink.getvalue().to_pybytes()
    return encoded


def _record_batch(rows: TermRows, schema: pa.Schema) -> pa.RecordBatch:
    # Buffers, not pa.array(): that would import pandas on the first request, half a second and 50 MB of each worker.
    columns = [
        _lists(rows.indptr, items, field.type) for items, field in zip((rows.indices, rows.values), schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _lists(indptr: NDArray[np.int32], items: NDArray[Any], type_: pa.ListType) -> pa.ListArray:
    child = pa.Array.from_buffers(type_.value_type, len(items), [None, pa.py_buffer(items)])
    return pa.ListArray.from_buffers(type_, len(indptr) - 1, [None, pa.py_buffer(indptr)], children=[child])
