"""Stands in for Spark where there is none: the tasks of a job one after the other, in this process.

What a task hands over goes through bytes, as it does there; the sums get their pieces in the order of the parts,
whichever task was done first.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

Pieces = list[tuple[int, int, bytes]]


@dataclass(frozen=True)
class Broadcast:
    """A value that every task has."""

    packed: bytes

    @property
    def value(self) -> Any:
        return pickle.loads(self.packed)

    def destroy(self) -> None:
        """Free it."""


class Context:
    """What a session offers to programs."""

    defaultParallelism = 2  # noqa: N815

    @staticmethod
    def broadcast(value: Any) -> Broadcast:
        return Broadcast(pickle.dumps(value))


class Session:
    """A session of no cluster."""

    sparkContext = Context()  # noqa: N815


class Rows(list[tuple[int, int, bytes]]):
    """Pieces that are kept."""

    def unpersist(self) -> None:
        """Free them."""


def n_targets(spark: Session, parts: Sequence[object]) -> int:
    return max(1, min(len(parts), 3))


def each_part(spark: Session, n_parts: int, work: Callable[[int], Iterable[tuple[int, Any]]]) -> Rows:
    work = pickle.loads(pickle.dumps(work))
    return Rows(
        (part, target, pickle.dumps(piece)) for part in reversed(range(n_parts)) for target, piece in work(part)
    )


def from_each(pieces: Pieces, work: Callable[[int, Any], Iterable[tuple[int, Any]]]) -> Rows:
    work = pickle.loads(pickle.dumps(work))
    return Rows(
        (part, target, pickle.dumps(piece))
        for part, _, content in pieces
        for target, piece in work(part, pickle.loads(content))
    )


def summed(pieces: Pieces, work: Callable[[Iterator[Any]], Any]) -> Iterator[Any]:
    """Deal the sums to two cores, and one that gets none."""
    for core in range(3):
        mine = sorted((part, target, content) for part, target, content in pieces if core < 2 and target % 2 == core)
        total = work(pickle.loads(content) for _, _, content in mine)
        if total is not None:
            yield pickle.loads(pickle.dumps(total))


def collected(pieces: Pieces) -> list[Any]:
    return [pickle.loads(content) for _, _, content in sorted(pieces)]


def kept(pieces: Rows) -> Rows:
    return pieces


def modules() -> dict[str, ModuleType]:
    """Return the modules that take the place of pyspark and of `spark_job.tasks`."""
    spark, sql, tasks = ModuleType("pyspark"), ModuleType("pyspark.sql"), ModuleType("spark_job.tasks")
    vars(spark).update(Broadcast=Broadcast, sql=sql)
    vars(sql).update(SparkSession=Session, DataFrame=list)
    own = vars(sys.modules[__name__])
    names = ("n_targets", "each_part", "from_each", "summed", "collected", "kept")
    vars(tasks).update({name: own[name] for name in names}, Piece=tuple)
    return {"pyspark": spark, "pyspark.sql": sql, "spark_job.tasks": tasks}
