"""Parquet in record batches of about as many bytes as are wanted at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..errors import JobRefused

_MOST_ROWS = 2**14


def read_batches(path: Path, columns: Sequence[str], n_bytes: int) -> Iterator[tuple[Any, float]]:
    """Yield a file's record batches with these columns, and how much of the file has been read with each.

    Raises
    ------
    JobRefused
        If it is not Parquet, or a column is not there, or not there once, or holds no text.
    """
    from pyarrow import parquet  # most channels hold none

    try:
        with parquet.ParquetFile(path) as file:
            check_columns(path, file.schema_arrow, columns)
            n_rows = file.metadata.num_rows
            per_row = max(_text_bytes(file.metadata, columns) // max(n_rows, 1), 1)
            done = 0
            for batch in file.iter_batches(max(1, min(_MOST_ROWS, n_bytes // per_row)), columns=list(columns)):
                done += batch.num_rows
                yield plain(batch, columns), done / max(n_rows, 1)
    except (pa.ArrowException, OSError) as error:
        raise JobRefused(f"{path.name}: not a whole Parquet file ({error}); write it again") from error


def plain(batch: Any, columns: Sequence[str]) -> Any:
    """Return some columns of a record batch, without dictionaries."""
    found = [batch.column(name) for name in columns]
    found = [column.dictionary_decode() if pa.types.is_dictionary(column.type) else column for column in found]
    return pa.RecordBatch.from_arrays(found, names=list(columns))


def copied(batch: Any) -> Any:
    """Return a record batch, which may be a slice, in memory of its own."""
    return pa.ipc.read_record_batch(batch.serialize(), batch.schema)


def check_columns(path: Path, schema: pa.Schema, columns: Sequence[str]) -> None:
    """See that a file has these columns, and that they hold text."""
    for name in columns:
        if schema.names.count(name) != 1:
            found = "more than once" if name in schema.names else "not at all"
            there = ", ".join(map(repr, schema.names))
            raise JobRefused(f"{path.name}: column {name!r} is there {found}; the file has {there}")
        kind = schema.field(name).type
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            raise JobRefused(f"{path.name}: column {name!r} holds {kind}; give it strings")


def _text_bytes(metadata: Any, columns: Sequence[str]) -> int:
    """Return how many bytes the columns have once they are uncompressed."""
    return sum(
        column.total_uncompressed_size
        for group in range(metadata.num_row_groups)
        for place in range(metadata.num_columns)
        if (column := metadata.row_group(group).column(place)).path_in_schema in columns
    )
