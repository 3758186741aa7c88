"""Reading a user's Parquet file: some rows at a time, every value as the text that it is written as."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.data.tables.bad_records import BadRecords
from pipeline.data.tables.rows import Row, Table
from pipeline.errors import BadInput

_ROWS = 1024
_BUFFER = 2**20
"""Bytes of a column that are read at once; a writer may put millions of rows into one row group."""


class ParquetTable(Table):
    """A Parquet file; a value that is missing is an empty text.

    Parameters
    ----------
    path : Path
        The file.
    name : str, optional
        What messages call it.

    Raises
    ------
    BadInput
        If it cannot be read.
    """

    unit = "row"

    def __init__(self, path: Path, name: str | None = None) -> None:
        self._n_read = 0
        with _opened(path, name or str(path)) as file:
            self._n_rows: int = max(1, file.metadata.num_rows)
            super().__init__(path, file.schema_arrow.names, name or str(path), name or str(path))

    def rows(self, bad: BadRecords | None = None) -> Iterator[Row]:
        self.n_blank = self._n_read = 0
        with _opened(self.path, self.name) as file:
            for batch in self._batches(file):
                columns = [_as_texts(column) for column in batch.columns]
                for number, fields in enumerate(zip(*columns, strict=True), self._n_read + 1):
                    row = Row(number, list(fields))
                    if row.is_blank and len(fields) > 1:
                        self.n_blank += 1
                    else:
                        yield row
                self._n_read += batch.num_rows

    def _batches(self, file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
        try:
            yield from file.iter_batches(_ROWS, use_threads=False)
        except (pa.ArrowException, OSError) as error:
            raise BadInput(
                f"{self.name}, one of the rows from {self._n_read + 1} on: {error}. The Parquet file is damaged; write "
                f"it again."
            ) from error

    @property
    def share_read(self) -> float:
        return self._n_read / self._n_rows


def _opened(path: Path, name: str) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path, buffer_size=_BUFFER)
    except (pa.ArrowException, OSError) as error:
        raise BadInput(f"{name}: the Parquet file cannot be read: {error}. Write or copy it again.") from error


def _as_texts(column: pa.Array) -> Sequence[str]:
    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        column = _cast(column)
    return ["" if value is None else value for value in column.to_pylist()]


def _cast(column: pa.Array) -> pa.Array:
    """Write numbers, times and truth values as Arrow does, and what is made of several values as JSON."""
    try:
        return column.cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        return pa.array([None if value is None else _json(value) for value in column.to_pylist()], pa.string())


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
