"""Temperature scaling: naive Bayes takes each word as independent evidence, and so is too sure. Dividing its scores by
a temperature corrects that and changes no answer.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

N_BINS = 15
_LEAST, _MOST = 0.05, 20.0
"""Between these the temperature is looked for."""
_LOOKED_AT = 3000
"""Records; more of them tell one log loss from another no better, and take longer."""
_CELLS = 2**18
"""Records times categories, likewise."""
_MOST_STEPS, _CLOSE = 50, 1e-5
_LEAST_LEAD, _LEAST_GAP, _MOST_GAP, _LEAST_LIKELIHOOD = 1e-6, 1e-12, 1e30, 1e-300
_EXPONENTS = (-1.0, 2.0), (0.2, 2.0)
"""Between these are looked for the lead's exponent, and by how much the gap's is above it: above 0, so that of two
categories the surer one is given as the surer one.
"""
_NO_EXPONENTS = (0.0, 0.0), (1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Temperature:
    """What makes probabilities of scores. Their logarithm, up to a constant in each record, is
    -gap ** gap_exponent / (value * lead ** lead_exponent): the gap of a category is how far its score is behind the
    record's best one, the lead is the mean of the gaps.
    """

    value: float = 1.0
    lead_exponent: float = 0.0
    gap_exponent: float = 1.0

    def logarithms(self, gaps: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the logarithms of probabilities of records with these gaps, shape (n_records, n_categories)."""
        lead = _leads(gaps)[:, np.newaxis]
        found: NDArray[np.float64] = -(gaps**self.gap_exponent) / (self.value * lead**self.lead_exponent)
        return found

    def __str__(self) -> str:
        exponents = f" (exponents: {self.gap_exponent:.2f} of gaps, {self.lead_exponent:.2f} of leads)"
        return f"{self.value:.3f}{'' if self == Temperature(self.value) else exponents}"

    @property
    def settings(self) -> dict[str, float]:
        """The classifier's settings of this meaning."""
        return {"temperature": self.value, **{name: value for name, value in asdict(self).items() if name != "value"}}


@dataclass(frozen=True, slots=True)
class Calibration:
    """A temperature, and the expected calibration error on the same answers without and with it."""

    temperature: Temperature
    error_before: float
    error_after: float


def calibrate(scores: NDArray[np.float32], categories: NDArray[np.intp]) -> Calibration:
    """Choose the temperature of the least loss [1]_: the same one for all records, or one that depends on each record's
    own scores [2]_ where that is better.

    The loss is the mean of two: the log loss of the right answer among all categories, and that of whether the best
    category is the right one [3]_, the only one that is about the probability that comes with an answer. By the first
    alone the many categories that come last have a say in that; by the second alone they are left to chance. The error
    itself would be a poor guide: it jumps with every record that changes its bin, and from one deal of the folds to the
    next its least value was found far further apart than that of the log loss.

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
    .. [2] Balanya, Maroñas and Ramos, "Adaptive Temperature Scaling for Robust Calibration of Deep Neural Networks",
       Neural Computing and Applications 36, 2024 (a power of one figure of a record's scores).
    .. [3] Le Coz, Herbin and Adjed, "Confidence Calibration of Classifiers with Many Classes", NeurIPS 2024 (top
       versus all).
    """
    gaps = _gaps(scores)
    right = scores.argmax(axis=1) == categories
    temperature = _fitted(gaps, categories)
    before, after = (calibration_error(_confidence(gaps, each), right) for each in (Temperature(), temperature))
    return Calibration(temperature, before, after)


def log_loss(scores: NDArray[np.float32], categories: NDArray[np.intp], most: int | None = None) -> float:
    """Return the least log loss that one temperature for all gives, on at most so many evenly spread records."""
    some = slice(None, None, 1 + len(scores) // (most or _looked_at(_LOOKED_AT, scores.shape[1])))
    gaps = _gaps(scores[some])
    truth = _of_truth(gaps, categories[some])
    return _log_loss(gaps, truth, _single(gaps, truth))


def _looked_at(most: int, n_categories: int) -> int:
    """Return how many records to look at, at most `most` and fewer where there are many categories."""
    return min(most, max(_LOOKED_AT // 10, _CELLS // n_categories))


def _gaps(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how far each score is behind the best of its row."""
    gaps: NDArray[np.float64] = (scores.max(axis=1, keepdims=True) - scores).astype(np.float64)
    return gaps


def _of_truth(gaps: NDArray[np.float64], categories: NDArray[np.intp]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = gaps[np.arange(len(gaps)), categories]
    return found


def _leads(gaps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of each row's gaps, of the categories that had been learnt."""
    learnt = np.isfinite(gaps)
    leads: NDArray[np.float64] = np.maximum(np.where(learnt, gaps, 0).sum(axis=1) / learnt.sum(axis=1), _LEAST_LEAD)
    return leads


def _single(gaps: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    """Return the best temperature that is the same for all records.

    The log loss is convex in the temperature's inverse: Newton's steps find it, halved where they leave the bounds.
    """
    known = np.isfinite(truth)
    if not known.any():
        return 1.0
    gaps, of_truth = np.minimum(gaps[known], _MOST_GAP), float(truth[known].mean())
    least, most, inverse = 1 / _MOST, 1 / _LEAST, 1.0
    for _ in range(_MOST_STEPS):
        slope, curvature = _slopes(gaps, of_truth, inverse)
        least, most = (least, inverse) if slope > 0 else (inverse, most)
        before, inverse = inverse, inverse - slope / curvature if curvature else most
        if not least < inverse < most:
            inverse = math.sqrt(least * most)
        if abs(inverse / before - 1) < _CLOSE:
            break
    return 1 / inverse


def _slopes(gaps: NDArray[np.float64], of_truth: float, inverse: float) -> tuple[float, float]:
    """Return the first and the second derivative of the log loss by the temperature's inverse."""
    likelihoods = np.exp(-inverse * gaps)
    totals = likelihoods.sum(axis=1)
    likelihoods *= gaps
    means = likelihoods.sum(axis=1) / totals
    spreads = np.einsum("rc,rc->r", likelihoods, gaps) / totals - means**2
    return of_truth - float(means.mean()), float(spreads.mean())


def _log_loss(gaps: NDArray[np.float64], truth: NDArray[np.float64], temperature: float) -> float:
    known = np.isfinite(truth)
    if not known.any():
        return 0.0
    normaliser = np.log(np.exp(-gaps[known] / temperature).sum(axis=1))
    return float((normaliser + truth[known] / temperature).mean())


def _fitted(gaps: NDArray[np.float64], categories: NDArray[np.intp]) -> Temperature:
    """Return the best temperature; one with exponents of its own only where it is better by more than these two further
    figures would be by chance (Akaike's information criterion).
    """
    some = slice(None, None, math.ceil(len(gaps) / _looked_at(2 * _LOOKED_AT, gaps.shape[1])))
    gaps, truth = gaps[some], _of_truth(gaps[some], categories[some])
    known = np.isfinite(truth)
    if not known.any():
        return Temperature()
    asked = _Asked.of(gaps[known], categories[some][known])
    single, loss_of_single = _least(asked, _single(gaps, truth), _NO_EXPONENTS)
    found, loss = _least(asked, single.value, _EXPONENTS)
    return found if known.sum() * (loss_of_single - loss) > len(_EXPONENTS) else single


@dataclass(frozen=True, slots=True)
class _Asked:
    """Records with known answers, as the loss of a temperature needs them."""

    gaps: NDArray[np.float64]
    """Logarithms, shape (n_records, n_categories)."""
    leads: NDArray[np.float64]
    """Logarithms, shape (n_records,)."""
    rights: NDArray[np.intp]
    bests: NDArray[np.intp]
    rows: NDArray[np.intp]

    @classmethod
    def of(cls, gaps: NDArray[np.float64], categories: NDArray[np.intp]) -> _Asked:
        logarithms = np.log(gaps.clip(_LEAST_GAP, _MOST_GAP))
        return cls(logarithms, np.log(_leads(gaps)), categories, gaps.argmin(axis=1), np.arange(len(gaps)))

    def loss(self, at: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return the loss and its slopes at (ln temperature, exponent of leads, gaps' less that of leads).

        It is the mean of the log loss of the answer, and that of whether the best category is the right one, plus what
        an ln temperature of 0 is worth before any record is seen (give or take 1, a normal prior): a few records, all
        answered rightly, do not make certain.
        """
        value, of_lead, over = at
        logarithms = -np.exp((of_lead + over) * self.gaps - (value + of_lead * self.leads)[:, np.newaxis])
        likelihoods = np.exp(logarithms)
        likelihoods[self.rows, self.bests] = 0  # its own is 1, whatever the temperature
        others = np.maximum(likelihoods.sum(axis=1), _LEAST_LIKELIHOOD)
        half_wrong = 0.5 * (self.rights != self.bests)
        loss = np.log1p(others) - 0.5 * logarithms[self.rows, self.rights] - half_wrong * np.log(others)
        likelihoods *= (1 / (1 + others) - half_wrong / others)[:, np.newaxis]
        away = self._slope(likelihoods, logarithms)
        of_gaps = self._slope(likelihoods, logarithms * self.gaps)
        n_records = len(self.rows)
        slopes = np.array([value / n_records - away.mean(), (of_gaps - away * self.leads).mean(), of_gaps.mean()])
        return float(loss.mean() + value**2 / (2 * n_records)), slopes

    def _slope(self, weights: NDArray[np.float64], slopes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return each record's slope of the loss, given those of its logarithms."""
        found: NDArray[np.float64] = (weights * slopes).sum(axis=1) - 0.5 * slopes[self.rows, self.rights]
        return found


def _least(asked: _Asked, start: float, exponents: tuple[tuple[float, float], ...]) -> tuple[Temperature, float]:
    """Return the best temperature with exponents in these bounds, looked for from a single one, and its loss."""
    bounds = [tuple(np.log([_LEAST / 5, _MOST * 5])), *exponents]
    found = minimize(asked.loss, [math.log(start), 0.0, 1.0], jac=True, bounds=bounds, method="L-BFGS-B")
    value, of_lead, over = found.x.tolist()
    return Temperature(math.exp(value), of_lead, of_lead + over), float(found.fun)


def _confidence(gaps: NDArray[np.float64], temperature: Temperature) -> NDArray[np.float64]:
    """Return the probability of each row's best category, from how far the others are behind it."""
    confidence: NDArray[np.float64] = 1 / np.exp(temperature.logarithms(gaps)).sum(axis=1)
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
