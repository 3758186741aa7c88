"""Counting again what the model still gets wrong: discriminative frequency estimates, by stock scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.naive_bayes import MultinomialNB


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
    shares = estimator.class_count_.copy(), estimator.class_log_prior_.copy()
    own = np.searchsorted(estimator.classes_, categories)
    half = len(own) // 2
    matrices, owns = (matrix[:half], matrix[half:]), (own[:half], own[half:])
    for _ in range(passes):
        with ThreadPoolExecutor() as pool:  # scipy multiplies both at once
            found = list(pool.map(partial(_own_probabilities, estimator), matrices, owns))
        probabilities = np.concatenate(found)
        estimator.partial_fit(matrix, categories, sample_weight=1 - probabilities)
        estimator.class_count_, estimator.class_log_prior_ = (values.copy() for values in shares)
    return estimator


def _own_probabilities(estimator: MultinomialNB, matrix: sp.csr_array, own: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return how probable each record's own category is, given as its place among the estimator's."""
    if not len(own):
        return np.empty(0)
    found: NDArray[np.float64] = estimator.predict_proba(matrix)[np.arange(len(own)), own]
    return found
