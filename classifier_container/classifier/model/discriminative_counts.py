"""Counting again what the model still gets wrong: discriminative frequency estimates, by stock scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.naive_bayes import MultinomialNB

T = TypeVar("T")


def fit(
    matrix: sp.csr_array,
    categories: Sequence[str],
    alpha: float | NDArray[np.float64],
    fit_prior: bool,
    passes: int,
) -> MultinomialNB:
    """Fit a naive Bayes, then go over the records some times more.

    Notes
    -----
    Each pass adds every record's values to the counts of its category again, times 1 - P(its category | it) under the
    counts so far [1]_: a record that is answered rightly and surely adds next to nothing. All records of a pass are
    asked before the first is added, so their order does not matter. The categories' shares are not learnt anew: they
    stay those of the plain fit, and so does `alpha`, which is smoothing of features alone.

    Parameters
    ----------
    matrix : csr_array of shape (n_records, n_features)
    categories : sequence of str
    alpha : float, or array of shape (n_features,)
    fit_prior : bool
    passes : int, from 0

    Returns
    -------
    MultinomialNB

    References
    ----------
    .. [1] Su, Zhang, Ling and Matwin, "Discriminative Parameter Learning for Bayesian Networks", ICML 2008.
    """
    estimator = MultinomialNB(alpha=alpha, fit_prior=fit_prior).fit(matrix, categories)
    own = np.searchsorted(estimator.classes_, categories)
    if not passes:
        return estimator
    counting = _Counting.of(matrix, own)
    for _ in range(passes):
        probabilities = np.concatenate(in_halves(partial(_own_probabilities, answering(estimator)), matrix, own))
        shares = estimator.class_count_.copy(), estimator.class_log_prior_.copy()
        estimator.partial_fit(counting.sums(1 - probabilities, estimator.feature_count_.shape), estimator.classes_)
        estimator.class_count_, estimator.class_log_prior_ = shares
    return estimator


@dataclass(frozen=True, slots=True)
class _Counting:
    """Adds up records by category; that takes a tenth of multiplying their matrix by one of categories, as scikit-learn
    does, and gives the same bits: both add record by record.
    """

    places: NDArray[np.intp]
    """Shape (n_nonzero,): where each value belongs among the counts."""
    values: NDArray[np.floating]
    lengths: NDArray[np.int32]
    """Shape (n_records,): how many values each record has."""

    @classmethod
    def of(cls, matrix: sp.csr_array, own: NDArray[np.intp]) -> _Counting:
        lengths = np.diff(matrix.indptr)
        return cls(np.repeat(own * matrix.shape[1], lengths) + matrix.indices, matrix.data, lengths)

    def sums(self, weights: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float64]:
        """Return the sum of each category's records, multiplied by their weights; shape (n_categories, n_features)."""
        weighted = self.values * np.repeat(weights, self.lengths)
        return np.asarray(np.bincount(self.places, weighted, shape[0] * shape[1]), np.float64).reshape(shape)


def answering(estimator: MultinomialNB) -> MultinomialNB:
    """Return an estimator that answers the same, its weights laid out as scipy multiplies by them: or each of several
    that ask at once would do that first.
    """
    ready = copy(estimator)
    ready.feature_log_prob_ = np.asfortranarray(estimator.feature_log_prob_)
    return ready


def in_halves(
    ask: Callable[[sp.csr_array, NDArray[np.intp]], T], matrix: sp.csr_array, own: NDArray[np.intp]
) -> list[T]:
    """Ask both halves of the records at once, which scipy multiplies at once."""
    half = len(own) // 2
    with ThreadPoolExecutor() as pool:
        return list(pool.map(ask, (matrix[:half], matrix[half:]), (own[:half], own[half:])))


def _own_probabilities(estimator: MultinomialNB, matrix: sp.csr_array, own: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return how probable each record's own category is, given as its place among the estimator's."""
    if not len(own):
        return np.empty(0)
    found: NDArray[np.float64] = estimator.predict_proba(matrix)[np.arange(len(own)), own]
    return found


def right_answers(estimator: MultinomialNB, matrix: sp.csr_array, own: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Say of each record whether it is answered rightly."""
    return np.concatenate(in_halves(partial(_right, answering(estimator)), matrix, own))


def _right(estimator: MultinomialNB, matrix: sp.csr_array, own: NDArray[np.intp]) -> NDArray[np.bool_]:
    if not len(own):
        return np.empty(0, np.bool_)
    right: NDArray[np.bool_] = estimator.predict(matrix) == estimator.classes_[own]
    return right
