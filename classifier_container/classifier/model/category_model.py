"""Rows to categories: multinomial naive Bayes as a product of matrices, in numpy and scipy alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..wire.feature_stream import FeatureRows, FeatureSpace

_LEAST_LEAD = 1e-6
_CELLS_AT_ONCE = 2**18
"""Rows times categories; the scores of one run of rows take some megabytes, however many rows there are."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """For each row its best categories, the best one first."""

    labels: NDArray[np.intp]
    """Shape (n_rows, k): positions in the list of categories."""
    probabilities: NDArray[np.float64]
    """Shape (n_rows, k)."""


@dataclass(frozen=True, slots=True)
class CategoryModel:
    """A fitted naive Bayes."""

    categories: tuple[str, ...]
    weights: NDArray[np.float32]
    """Shape (n_features, n_categories): log probabilities of each feature by category, less their mean over the
    categories. The mean is the same for all categories, so it changes neither their order nor their probabilities;
    without it float32 is precise enough.
    """
    priors: NDArray[np.float64]
    """Shape (n_categories,): log probabilities of the categories."""
    space: FeatureSpace
    temperature: float = 1.0
    """What scores are divided by before they become probabilities; it changes no order."""
    lead_exponent: float = 0.0
    gap_exponent: float = 1.0
    """See `tempered` for both."""

    def scores(self, rows: FeatureRows) -> NDArray[np.float64]:
        """Return log probabilities of the categories up to a constant in each row, shape (n_rows, n_categories).

        A row without features gets the priors themselves.
        """
        import scipy.sparse as sp  # half of the start of a container; one record at a time goes without

        matrix = sp.csr_array((rows.values, rows.indices, rows.indptr), shape=(rows.n_rows, rows.space.n_features))
        scores: NDArray[np.float64] = (matrix @ self.weights) + self.priors
        return scores

    def tempered(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return each row of scores (one row, or shape (n_rows, n_categories)) as the logarithms of probabilities, up
        to a constant in each row.

        Notes
        -----
        Of a category that is `gap` behind the best one of its row, that is -gap ** gap_exponent / (temperature *
        lead ** lead_exponent), where the lead is the mean of the row's gaps; with the exponents 1 and 0 it is the score
        over the temperature. Words repeat what others said: the more evidence there is, the more of it is no news.
        """
        if self.gap_exponent == 1 and not self.lead_exponent:
            return scores / self.temperature
        gaps = scores.max(axis=-1, keepdims=True) - scores
        lead = np.maximum(np.add.reduce(gaps, axis=-1, keepdims=True) / gaps.shape[-1], _LEAST_LEAD)
        logarithms: NDArray[np.float64] = -(gaps**self.gap_exponent) / (self.temperature * lead**self.lead_exponent)
        return logarithms

    def rank(self, rows: FeatureRows, top_k: int) -> Ranking:
        """Return the `top_k` best categories of each row, or all where there are fewer; of equals, the first in the
        list is the better.
        """
        k = min(top_k, len(self.categories))
        if rows.n_rows == 1:
            return self._rank_one(rows, k)
        parts = [
            _best(self.tempered(self.scores(part)), k)
            for part in _runs(rows, max(1, _CELLS_AT_ONCE // len(self.categories)))
        ]
        return Ranking(
            np.concatenate([np.empty((0, k), np.intp), *(part.labels for part in parts)]),
            np.concatenate([np.empty((0, k)), *(part.probabilities for part in parts)]),
        )

    def _rank_one(self, rows: FeatureRows, k: int) -> Ranking:
        """Rank a single row, to the same bits, without what scipy and numpy take to be ready for many."""
        products = rows.values[:, np.newaxis] * self.weights.take(rows.indices, axis=0)
        scores = self.tempered(np.add.reduce(products, axis=0) + self.priors)
        labels = (-scores).argsort(kind="stable")[:k]
        exponentials = np.exp(scores - scores[labels[0]])
        exponentials /= np.add.reduce(exponentials)
        return Ranking(labels[np.newaxis], exponentials[labels][np.newaxis])


def probabilities(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the softmax of each row; no score is too large for it."""
    exponentials: NDArray[np.float64] = np.exp(scores - scores.max(axis=1, keepdims=True))
    exponentials /= exponentials.sum(axis=1, keepdims=True)
    return exponentials


def _best(scores: NDArray[np.float64], k: int) -> Ranking:
    labels = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return Ranking(labels, np.take_along_axis(probabilities(scores), labels, axis=1))


def _runs(rows: FeatureRows, length: int) -> Iterator[FeatureRows]:
    """Cut a matrix into runs of rows; nothing but the row pointers is copied."""
    for start in range(0, rows.n_rows, length):
        indptr = rows.indptr[start : start + length + 1]
        here = slice(indptr[0], indptr[-1])
        yield FeatureRows(indptr - indptr[0], rows.indices[here], rows.values[here], rows.space)
