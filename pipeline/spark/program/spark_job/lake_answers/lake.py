"""A lake of Parquet or CSV below a prefix, classified a piece of a file at a time, and written file by file.

Every task writes one file, whose name follows from what it read; it is there when it is whole, and a task that is done
again writes it again. `_SUCCESS` is written last, when all are there.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet
from pyspark import Broadcast
from pyspark.sql import SparkSession

from preprocessor.errors import JobRefused
from preprocessor.requests.line_structure import unstaged

from ..places import open_place, sizes_below
from ..tasks import Piece, collected, each_part
from .shipped_models import ShippedModels

PARQUET, CSV = "parquet", "csv"
DONE = "_SUCCESS"
_ENDINGS = (".parquet", ".csv", ".csv.gz")
_BLOCK_BYTES = 4 * 2**20
_ROWS_AT_ONCE = 2**13


@dataclass(frozen=True, slots=True)
class Lake:
    """What is classified, and where the answers go."""

    source: str
    destination: str
    text_column: str
    format: str


@dataclass(frozen=True, slots=True)
class LakePart:
    """A row group of Parquet, or a whole CSV: a text in it may have several lines."""

    uri: str
    row_group: int | None

    @property
    def name(self) -> str:
        return self.uri.rpartition("/")[2]


def classify_lake(spark: SparkSession, lake: Lake, models: ShippedModels) -> tuple[int, int]:
    """Classify all records; return how many there are, and in how many files.

    Raises
    ------
    JobRefused
        If there is no file, or one has no such column; the message names the file.
    """
    parts = list(_parts(lake.source))
    if not parts:
        raise JobRefused(f"{lake.source}: there is no file that ends in {', '.join(_ENDINGS)} below it")
    shipped = spark.sparkContext.broadcast(models)
    counts = collected(each_part(spark, len(parts), partial(_classify_part, lake, tuple(parts), shipped)))
    system, path = open_place(f"{lake.destination.rstrip('/')}/{DONE}")
    with system.open_output_stream(path):
        pass
    return sum(counts), len(parts)


def _parts(source: str) -> Iterator[LakePart]:
    for uri, _ in sizes_below(source):
        if uri.endswith(".parquet"):
            with _opened(uri) as file:
                groups = parquet.ParquetFile(file).num_row_groups
            yield from (LakePart(uri, group) for group in range(groups))
        elif uri.endswith(_ENDINGS):
            yield LakePart(uri, None)


@contextmanager
def _opened(uri: str) -> Iterator[Any]:
    system, path = open_place(uri)
    with system.open_input_file(path) as file:
        yield file


def _classify_part(
    lake: Lake, parts: tuple[LakePart, ...], models: Broadcast[ShippedModels], number: int
) -> Iterable[Piece]:
    part = parts[number]
    target = f"{lake.destination.rstrip('/')}/part-{number:05d}.{lake.format}"
    batches = (answered(batch, part.name, lake.text_column, models.value) for batch in _batches(part))
    yield 0, _write(batches, target, lake.format)


def _batches(part: LakePart) -> Iterator[pa.RecordBatch]:
    """Read a part in batches, so that memory goes by these."""
    if part.row_group is not None:
        with _opened(part.uri) as file:
            yield from parquet.ParquetFile(file).iter_batches(_ROWS_AT_ONCE, row_groups=[part.row_group])
        return
    system, path = open_place(part.uri)
    with system.open_input_stream(path, compression="gzip" if part.uri.endswith(".gz") else None) as stream:
        yield from _read_csv(part, stream)


def _read_csv(part: LakePart, stream: Any) -> Iterator[pa.RecordBatch]:
    """Read CSV with every column as text, as it stands there."""
    read = csv.ReadOptions(block_size=_BLOCK_BYTES)
    parse = csv.ParseOptions(newlines_in_values=True)
    as_text = csv.ConvertOptions(default_column_type=pa.string(), strings_can_be_null=False)
    try:
        yield from csv.open_csv(stream, read, parse, as_text)
    except pa.ArrowInvalid as error:
        raise JobRefused(f"{part.name}: {error}") from error


def answered(batch: pa.RecordBatch, name: str, text_column: str, models: ShippedModels) -> pa.RecordBatch:
    """Put the answers beside the columns of a batch.

    Raises
    ------
    JobRefused
        If it lacks the column of the texts, or has a column of the answers' names already.
    """
    names = batch.schema.names
    if names.count(text_column) != 1:
        raise JobRefused(f"{name}: there is no single column {text_column!r}; it has {', '.join(map(repr, names))}")
    if taken := [new for new in ("category", "probability") if new in names]:
        raise JobRefused(f"{name}: there is a column {taken[0]!r} already; rename it, so that the answers have a place")
    texts = [unstaged(text or "") for text in batch.column(text_column).to_pylist()]
    rankings = list(models.rank(texts))
    labels = np.concatenate([np.empty(0, np.intp), *(ranking.labels[:, 0] for ranking in rankings)])
    chances = np.concatenate([np.empty(0), *(ranking.probabilities[:, 0] for ranking in rankings)])
    categories = pa.array(models.model.categories, pa.string()).take(pa.array(labels))
    fields = [*batch.schema, pa.field("category", pa.string()), pa.field("probability", pa.float64())]
    return pa.RecordBatch.from_arrays([*batch.columns, categories, pa.array(chances)], schema=pa.schema(fields))


def _write(batches: Iterable[pa.RecordBatch], target: str, form: str) -> int:
    """Write batches as one file, which is there when it is whole; return how many rows it has."""
    n_rows = 0
    writer: Any = None
    with tempfile.TemporaryFile() as file:
        for batch in batches:
            if writer is None:
                opened = parquet.ParquetWriter if form == PARQUET else csv.CSVWriter
                writer = opened(file, batch.schema)
            writer.write_batch(batch)
            n_rows += batch.num_rows
        if writer is not None:
            writer.close()
        file.seek(0)
        system, path = open_place(target)
        with system.open_output_stream(path) as stream:
            shutil.copyfileobj(file, stream)
    return n_rows
