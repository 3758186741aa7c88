"""The sums of a naive Bayes over all parts, and the discriminative passes, which are such sums in a row."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from pyspark import Broadcast
from pyspark.sql import DataFrame, SparkSession
from sklearn.naive_bayes import MultinomialNB

from classifier.model.background_prior import alpha_of_totals
from classifier.model.class_sums import ClassSums, add_pass, doubts, naive_bayes
from classifier.model.discriminative_counts import answering

from .feature_rows import PartRows
from .tasks import Piece, collected, from_each, summed

_ROWS_AT_ONCE = 2**13


@dataclass(frozen=True, slots=True)
class SparseSums:
    """What of a part's sums is not zero; of one block of features."""

    features: NDArray[np.intp]
    """Shape (n_features here,): places of features that stand in the part."""
    cells: NDArray[np.intp]
    """Shape (n_cells,): feature times the number of categories, plus category."""
    values: NDArray[np.float64]
    """Shape (n_cells,)."""
    totals: NDArray[np.float64]
    """Shape (n_features here,)."""
    records: NDArray[np.float64]
    """Shape (n_categories,); zeros in all blocks but the first."""

    @classmethod
    def of(cls, sums: ClassSums, features: NDArray[np.intp], cells: NDArray[np.intp], with_records: bool) -> SparseSums:
        """Take the sums of some features, and of some cells, which are theirs."""
        records = sums.records if with_records else np.zeros_like(sums.records)
        return cls(features, cells, sums.values.reshape(-1)[cells], sums.totals[features], records)

    def add_to(self, sums: ClassSums) -> None:
        """Add these to other sums, in place."""
        sums.values.reshape(-1)[self.cells] += self.values
        sums.totals[self.features] += self.totals
        sums.records[:] += self.records


@dataclass(frozen=True, slots=True)
class Classes:
    """What the sums are by."""

    categories: tuple[str, ...]
    n_features: int
    n_sums: int

    def bounds(self) -> NDArray[np.intp]:
        """Where the blocks of features begin and end."""
        return np.linspace(0, self.n_features, self.n_sums + 1).astype(np.intp)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A naive Bayes, and what is told of it."""

    estimator: MultinomialNB
    n_records: int
    n_nonzero: int
    training_accuracy: float


def fit(spark: SparkSession, rows: DataFrame, classes: Classes, settings: argparse.Namespace) -> Fitted:
    """Fit a naive Bayes on the rows: the one that the classifier's training job fits, up to rounding."""
    sums = _sums(rows, classes, None)
    alpha = settings.alpha
    if settings.background_strength is not None:
        alpha = alpha_of_totals(sums.totals, settings.background_strength, settings.background_share)
    estimator = naive_bayes(sums, alpha, settings.fit_prior)
    for number in range(settings.passes):
        shipped = spark.sparkContext.broadcast(answering(estimator))
        add_pass(estimator, _sums(rows, classes, shipped))
        shipped.destroy()
        print(f"pass {number + 1} of {settings.passes} is counted", flush=True)
    n_right, n_records, n_nonzero = _counted(spark, rows, estimator).tolist()
    return Fitted(estimator, n_records, n_nonzero, n_right / n_records)


def _sums(rows: DataFrame, classes: Classes, asked: Broadcast[MultinomialNB] | None) -> ClassSums:
    """Add up the rows; where a naive Bayes is asked, each weighted by how much it doubts it."""
    pieces = from_each(rows, partial(_sums_of_part, classes, asked))
    total = ClassSums.none(classes.categories, classes.n_features)
    for sparse in summed(pieces, partial(_added, classes)):
        sparse.add_to(total)
    return total


def _sums_of_part(classes: Classes, asked: Broadcast[MultinomialNB] | None, _: int, part: PartRows) -> Iterable[Piece]:
    sums = ClassSums.none(classes.categories, classes.n_features)
    for matrix, own in _runs(part):
        sums.add(matrix, own, None if asked is None else doubts(asked.value, matrix, own))
    present, cells = np.flatnonzero(np.bincount(part.indices)), np.flatnonzero(sums.values)
    bounds = classes.bounds()
    of_features, of_cells = np.searchsorted(present, bounds), np.searchsorted(cells, bounds * len(classes.categories))
    for target in range(classes.n_sums):
        features = present[of_features[target] : of_features[target + 1]]
        own_cells = cells[of_cells[target] : of_cells[target + 1]]
        yield target, SparseSums.of(sums, features, own_cells, with_records=target == 0)


def _added(classes: Classes, pieces: Iterator[SparseSums]) -> SparseSums:
    """Add the pieces in the order in which they come: of each sum, that is the order of the parts."""
    total = ClassSums.none(classes.categories, classes.n_features)
    present = np.zeros(classes.n_features, np.bool_)
    for piece in pieces:
        piece.add_to(total)
        present[piece.features] = True
    return SparseSums.of(total, np.flatnonzero(present), np.flatnonzero(total.values), with_records=True)


def _counted(spark: SparkSession, rows: DataFrame, estimator: MultinomialNB) -> NDArray[np.int64]:
    """Count the records that are answered rightly, all records, and all values."""
    shipped = spark.sparkContext.broadcast(answering(estimator))
    counts = collected(from_each(rows, partial(_counted_in_part, shipped)))
    shipped.destroy()
    total: NDArray[np.int64] = np.sum(counts, axis=0)
    return total


def _counted_in_part(asked: Broadcast[MultinomialNB], _: int, part: PartRows) -> Iterable[Piece]:
    right = sum(
        int((asked.value.predict_joint_log_proba(matrix).argmax(axis=1) == own).sum()) for matrix, own in _runs(part)
    )
    yield 0, np.array([right, len(part.own), len(part.values)], np.int64)


def _runs(part: PartRows) -> Iterator[tuple[sp.csr_array, NDArray[np.intp]]]:
    """Cut rows into runs, so that a part's answers are not all in memory at once."""
    for start in range(0, len(part.own), _ROWS_AT_ONCE):
        indptr = part.indptr[start : start + _ROWS_AT_ONCE + 1]
        here = slice(indptr[0], indptr[-1])
        run = replace(
            part,
            indptr=indptr - indptr[0],
            indices=part.indices[here],
            values=part.values[here],
            own=part.own[start : start + _ROWS_AT_ONCE],
        )
        yield run.matrix, run.own.astype(np.intp)
