"""The sums that a naive Bayes is made of: by feature and category, over the rows of a part of the records.

Those of parts, merged in a fixed order, are those of the whole up to rounding; those of one part after the other, added
to the same sums, have the very bits that scikit-learn's have, which adds row by row too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.naive_bayes import MultinomialNB


@dataclass(frozen=True, slots=True)
class ClassSums:
    """Sums of rows; `add` changes them in place."""

    categories: tuple[str, ...]
    """In order."""
    values: NDArray[np.float64]
    """Shape (n_features, n_categories)."""
    totals: NDArray[np.float64]
    """Shape (n_features,): the same over all categories, added in the order of the rows."""
    records: NDArray[np.float64]
    """Shape (n_categories,): how many rows there are of each."""

    @classmethod
    def none(cls, categories: Sequence[str], n_features: int) -> ClassSums:
        """Return the sums of no row."""
        shape = n_features, len(categories)
        return cls(tuple(categories), np.zeros(shape), np.zeros(n_features), np.zeros(len(categories)))

    @classmethod
    def merged(cls, parts: Sequence[ClassSums]) -> ClassSums:
        """Return the sums of the rows of all parts, added in the order of the parts; they may know other categories,
        but have the same features.
        """
        categories = sorted({name for part in parts for name in part.categories})
        together = cls.none(categories, len(parts[0].totals))
        for part in parts:
            columns = np.searchsorted(categories, part.categories)
            together.values[:, columns] += part.values
            together.totals[:] += part.totals
            together.records[columns] += part.records
        return together

    def numbers(self, names: Sequence[str]) -> NDArray[np.intp]:
        """Return the places of categories, all of which must be there."""
        place = {name: number for number, name in enumerate(self.categories)}
        return np.fromiter(map(place.__getitem__, names), np.intp, len(names))

    def add(self, matrix: sp.csr_array, own: NDArray[np.intp], weights: NDArray[np.float64] | None = None) -> None:
        """Add rows, each to the sums of its own category.

        Parameters
        ----------
        matrix : csr_array of shape (n_rows, n_features)
        own : array of shape (n_rows,)
            The place of each row's category.
        weights : array of shape (n_rows,), optional
            What the values of each row are multiplied by.
        """
        rows = np.repeat(np.arange(len(own)), np.diff(matrix.indptr))
        values = matrix.data.astype(np.float64)
        if weights is not None:
            values *= weights[rows]
        np.add.at(self.values.reshape(-1), matrix.indices.astype(np.intp) * len(self.categories) + own[rows], values)
        np.add.at(self.totals, matrix.indices, values)
        self.records[:] += np.bincount(own, minlength=len(self.categories))


def naive_bayes(sums: ClassSums, alpha: float | NDArray[np.float64], fit_prior: bool) -> MultinomialNB:
    """Return the naive Bayes that scikit-learn fits on the rows themselves: its counts are these sums."""
    estimator = MultinomialNB(alpha=alpha, fit_prior=fit_prior).fit(sums.values.T, list(sums.categories))
    estimator.class_count_ = sums.records.copy()
    if fit_prior:
        estimator.class_log_prior_ = np.log(sums.records) - np.log(sums.records.sum())
    return estimator


def add_pass(estimator: MultinomialNB, sums: ClassSums) -> None:
    """Add to the counts of a naive Bayes what a pass of `discriminative_counts.fit` adds to them: the sums of all rows,
    each weighted by its doubt under the naive Bayes as it was.
    """
    shares = estimator.class_count_.copy(), estimator.class_log_prior_.copy()
    estimator.partial_fit(sums.values.T, list(sums.categories))
    estimator.class_count_, estimator.class_log_prior_ = shares


def doubts(estimator: MultinomialNB, matrix: sp.csr_array, own: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return for each row how improbable its own category is: its weight in the next pass."""
    if not len(own):
        return np.empty(0)
    found: NDArray[np.float64] = 1 - estimator.predict_proba(matrix)[np.arange(len(own)), own]
    return found
