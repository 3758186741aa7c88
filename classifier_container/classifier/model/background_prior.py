"""Smoothing towards the whole corpus: a Dirichlet prior in proportion to each feature's share of it."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

_LEAST = 1e-10
"""What MultinomialNB itself takes as the least alpha."""


def background_alpha(matrix: sp.csr_array, strength: float, share: float) -> NDArray[np.float64]:
    """Return an alpha for each feature, for `MultinomialNB(alpha=...)`.

    Notes
    -----
    alpha_i = strength * V * (share * p_i + (1 - share) / V), with V the number of features and p_i feature i's share of
    the sum of all values: `strength` is the mean alpha, and `share` how much of it follows the corpus instead of being
    the same for all. See Zhai and Lafferty, "A Study of Smoothing Methods for Language Models", ACM TOIS 22, 2004
    (Dirichlet priors), whose prior is the corpus.

    Parameters
    ----------
    matrix : csr_array of shape (n_records, n_features)
    strength : float, above 0
    share : float, from 0 to 1

    Returns
    -------
    ndarray of shape (n_features,)
    """
    weight = np.bincount(matrix.indices, weights=matrix.data, minlength=matrix.shape[1])
    return alpha_of_totals(weight.astype(np.float64), strength, share)


def alpha_of_totals(weight: NDArray[np.float64], strength: float, share: float) -> NDArray[np.float64]:
    """Return `background_alpha` of a matrix whose columns have these sums, shape (n_features,)."""
    n_features = len(weight)
    total = weight.sum()
    portion = weight / total if total else np.full(n_features, 1 / n_features)
    alpha: NDArray[np.float64] = strength * (share * portion * n_features + (1 - share))
    return np.maximum(alpha, _LEAST)
