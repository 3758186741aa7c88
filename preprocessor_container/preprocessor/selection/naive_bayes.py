"""The naive Bayes that the second training job would fit, for trials: its arithmetic in fewer steps, with the answers
after each of some passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from .candidates import Classifier


def answers(
    settings: Classifier,
    known: sp.csr_matrix,
    categories: NDArray[np.intp],
    unknown: sp.csr_matrix,
    stops: Sequence[int],
) -> Iterator[NDArray[np.float32]]:
    """Yield the scores of unknown rows after so many passes over the known ones as each of `stops` says, ascending.

    Parameters
    ----------
    settings : Classifier
        Its own number of passes is not looked at.
    known : csr_matrix of shape (n_known, n_features)
        Every feature stands in some row.
    categories : array of shape (n_known,)
        Of the known rows, each number from 0 to the highest one at least once.
    unknown : csr_matrix of shape (n_unknown, n_features)
    stops : sequence of int

    Yields
    ------
    ndarray of shape (n_unknown, n_categories), float32: log probabilities up to a constant in each row.
    """
    shape = int(categories.max()) + 1, known.shape[1]
    lengths = np.diff(known.indptr)
    places = np.repeat(categories * shape[1], lengths) + known.indices
    counts = np.bincount(places, weights=known.data, minlength=shape[0] * shape[1]).reshape(shape)
    alpha, prior = settings.smoothing(counts.sum(axis=0)), settings.prior(np.bincount(categories))
    for passes in range(stops[-1] + 1):
        weights = _weights(counts, alpha)
        if passes in stops:
            yield unknown @ weights + prior
        if passes < stops[-1]:
            doubt = _doubt(known @ weights + prior, categories)
            counts += np.bincount(places, known.data * np.repeat(doubt, lengths), counts.size).reshape(shape)


def _weights(counts: NDArray[np.float64], alpha: float | NDArray[np.float64]) -> NDArray[np.float32]:
    smoothed = (counts + alpha).astype(np.float32)
    weights: NDArray[np.float32] = np.log(smoothed) - np.log(smoothed.sum(axis=1, keepdims=True))
    return np.ascontiguousarray(weights.T)


def _doubt(scores: NDArray[np.float32], categories: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return how improbable each row's own category is."""
    likelihoods = np.exp(scores - scores.max(axis=1, keepdims=True))
    doubt: NDArray[np.float32] = 1 - likelihoods[np.arange(len(categories)), categories] / likelihoods.sum(axis=1)
    return doubt
