"""Temperature scaling: naive Bayes takes each word as independent evidence, and so is too sure. Dividing its scores by
one number, the temperature, corrects most of that and changes no answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

N_BINS = 15
_LEAST, _MOST = 0.05, 20.0
"""Between these the temperature is looked for."""
_LOOKED_AT = 3000
"""Records; more of them tell one log loss from another no better, and take longer."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A temperature, and the expected calibration error on the same answers without and with it."""

    temperature: float
    error_before: float
    error_after: float


def calibrate(scores: NDArray[np.float32], categories: NDArray[np.intp]) -> Calibration:
    """Choose the temperature under which the right answers are the most probable (the least log loss) [1]_.

    The error itself would be a poor guide: it jumps with every record that changes its bin, and from one deal of the
    folds to the next its least value was found far further apart than that of the log loss.

    Parameters
    ----------
    scores : array of shape (n_records, n_categories)
        Log probabilities up to a constant in each row, of records that the model has not seen; -inf for a category
        that it had not learnt. Records of such a category are left out.
    categories : array of shape (n_records,)
        The right answers.

    References
    ----------
    .. [1] Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", ICML 2017 (temperature scaling).
    """
    behind, _, temperature = _fitted(scores, categories)
    right = scores.argmax(axis=1) == categories
    before, after = (calibration_error(_confidence(behind, value), right) for value in (1.0, temperature))
    return Calibration(temperature, before, after)


def log_loss(scores: NDArray[np.float32], categories: NDArray[np.intp]) -> float:
    """Return the least log loss that a temperature gives, on at most `_LOOKED_AT` evenly spread records."""
    some = slice(None, None, 1 + len(scores) // _LOOKED_AT)
    behind, truth, temperature = _fitted(scores[some], categories[some])
    return _log_loss(behind, truth, temperature)


def _fitted(
    scores: NDArray[np.float32], categories: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return how far each score is behind the best of its row, the right ones of these, and the temperature."""
    behind = (scores - scores.max(axis=1, keepdims=True)).astype(np.float64)
    truth = behind[np.arange(len(behind)), categories]
    if not np.isfinite(truth).any():
        return behind, truth, 1.0
    found = minimize_scalar(
        lambda logarithm: _log_loss(behind, truth, np.exp(logarithm)), bounds=np.log([_LEAST, _MOST]), method="bounded"
    )
    return behind, truth, float(np.exp(found.x))


def _log_loss(behind: NDArray[np.float64], truth: NDArray[np.float64], temperature: float) -> float:
    known = np.isfinite(truth)
    if not known.any():
        return 0.0
    normaliser = np.log(np.exp(behind[known] / temperature).sum(axis=1))
    return float((normaliser - truth[known] / temperature).mean())


def _confidence(behind: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Return the probability of each row's best category, from how far the others are behind it."""
    confidence: NDArray[np.float64] = 1 / np.exp(behind / temperature).sum(axis=1)
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
