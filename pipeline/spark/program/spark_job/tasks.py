"""One task for each part, and sums of what they give: the shape of every step here.

A task hands over whole arrays as bytes, some rows of them for a part, so that neither Spark nor Python goes through
anything record by record. What is added up is added in the order of the parts, whatever machine was the first to be
done: with the same files, any cluster comes to the same bits.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession

Piece = tuple[int, Any]
"""Which of the sums something belongs to, and what it is."""

_PIECES = "part long, target int, content binary"
_SCHEMA = pa.schema([("part", pa.int64()), ("target", pa.int32()), ("content", pa.binary())])
_PASSED_ON = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION")


def open_session(name: str) -> SparkSession:
    """Start Spark, or join what `smspark-submit` has started."""
    builder = SparkSession.builder.appName(name)
    # A row is a part's arrays: a few of them are megabytes.
    builder = builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", "1")
    builder = builder.config("spark.sql.adaptive.enabled", "false").config("spark.task.maxFailures", "4")
    for variable in _PASSED_ON:
        if variable in os.environ:
            builder = builder.config(f"spark.executorEnv.{variable}", os.environ[variable])
    return builder.getOrCreate()


_TARGETS_PER_CORE = 4
"""Spark deals them to the cores by hash: with some for each, none has much more to do than another."""


def n_targets(spark: SparkSession, parts: Sequence[object]) -> int:
    """Return into how many sums a step is divided."""
    return max(1, min(len(parts), _TARGETS_PER_CORE * int(spark.sparkContext.defaultParallelism)))


def each_part(spark: SparkSession, n_parts: int, work: Callable[[int], Iterable[Piece]]) -> DataFrame:
    """Do work for each part, in a task of its own."""
    return spark.range(0, n_parts, 1, n_parts).mapInArrow(_Numbers(work), _PIECES)


def from_each(pieces: DataFrame, work: Callable[[int, Any], Iterable[Piece]]) -> DataFrame:
    """Do work on each piece, where it is."""
    return pieces.mapInArrow(_Pieces(work), _PIECES)


def summed(pieces: DataFrame, work: Callable[[Iterator[Any]], Any]) -> Iterator[Any]:
    """Bring together the pieces of each sum, add them in the order of their parts, and yield what comes of it: a core's
    sums after another's.

    Parameters
    ----------
    work : callable
        Gets the pieces of one sum, or of several, in order; returns what they come to.
    """
    n_cores = int(pieces.sparkSession.sparkContext.defaultParallelism)
    together = pieces.repartition(n_cores, "target").sortWithinPartitions("part", "target")
    sums = kept(together.mapInArrow(_Sum(work), _PIECES))
    sums.count()  # all cores at once: the iterator asks for one core's after the other
    for row in sums.toLocalIterator():
        yield pickle.loads(row.content)
    sums.unpersist()


def collected(pieces: DataFrame) -> list[Any]:
    """Bring small pieces to the driver, in the order of their parts."""
    rows = pieces.collect()  # Spark would do all the work twice to sort them: once to see where to cut
    return [pickle.loads(row.content) for row in sorted(rows, key=lambda row: (row.part, row.target))]


def kept(pieces: DataFrame) -> DataFrame:
    """Keep pieces on the executors' disks for later steps; what is lost with one is made again."""
    return pieces.persist(StorageLevel.DISK_ONLY)


class _Numbers:
    def __init__(self, work: Callable[[int], Iterable[Piece]]) -> None:
        self._work = work

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for part in batch.column(0).to_pylist():
                yield from (_row(part, *piece) for piece in self._work(part))


class _Pieces:
    def __init__(self, work: Callable[[int, Any], Iterable[Piece]]) -> None:
        self._work = work

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for part, content in _contents(batches):
            yield from (_row(part, *piece) for piece in self._work(part, content))


class _Sum:
    def __init__(self, work: Callable[[Iterator[Any]], Any]) -> None:
        self._work = work

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        contents = (content for _, content in _contents(batches))
        total = self._work(contents)
        if total is not None:
            yield _row(0, 0, total)


def _contents(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[int, Any]]:
    for batch in batches:
        for row in range(batch.num_rows):
            yield batch.column(0)[row].as_py(), pickle.loads(batch.column(2)[row].as_buffer())


def _row(part: int, target: int, content: Any) -> pa.RecordBatch:
    packed = pickle.dumps(content, pickle.HIGHEST_PROTOCOL)
    return pa.RecordBatch.from_pydict({"part": [part], "target": [target], "content": [packed]}, schema=_SCHEMA)
