"""Probabilities that mean what they say: naive Bayes counts each word as news of its own, and so is too sure. Dividing
its scores by one number, the temperature, mends most of that and changes no answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

N_BINS = 15
_LEAST, _MOST, _STEPS = 0.1, 10.0, 93
"""The temperatures that are tried: so many, evenly spread on a logarithmic scale."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A temperature, and the expected calibration error on the same answers without and with it."""

    temperature: float
    error_before: float
    error_after: float


def calibrate(scores: NDArray[np.float32], categories: NDArray[np.intp]) -> Calibration:
    """Choose the temperature with the least expected calibration error.

    Parameters
    ----------
    scores : array of shape (n_records, n_categories)
        Log probabilities up to a constant in each row, of records that the model has not seen. -inf is allowed.
    categories : array of shape (n_records,)
        The right answers.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", ICML 2017 (temperature scaling).
    """
    right = scores.argmax(axis=1) == categories
    behind = scores - scores.max(axis=1, keepdims=True)
    grid = np.geomspace(_LEAST, _MOST, _STEPS)
    errors = [calibration_error(_confidence(behind, temperature), right) for temperature in grid]
    best = int(np.argmin(errors))
    before = calibration_error(_confidence(behind, 1.0), right)
    return Calibration(float(grid[best]), before, errors[best])


def _confidence(behind: NDArray[np.float32], temperature: float) -> NDArray[np.float64]:
    """Return the probability of each row's best category, from how far the others are behind it."""
    confidence: NDArray[np.float64] = 1 / np.exp(behind / temperature).sum(axis=1, dtype=np.float64)
    return confidence


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error: the mean distance of confidence and accuracy over `N_BINS` equal bins of
    confidence, each weighted by its number of records [1]_.

    References
    ----------
    .. [1] Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015.
    """
    bins = np.minimum((confidence * N_BINS).astype(np.intp), N_BINS - 1)
    gap = np.bincount(bins, weights=confidence - right, minlength=N_BINS)
    return float(np.abs(gap).sum() / len(right))
