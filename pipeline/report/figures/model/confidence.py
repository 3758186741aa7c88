"""What the probabilities are worth: reliability, and what happens if unsure texts go to a person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.report.figures.significance import Interval, share

N_BINS = 15
_COVERAGES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.25)


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The records whose answer's probability falls in a bin."""

    low: float
    high: float
    records: int
    confidence: float
    accuracy: Interval


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far probabilities and accuracy are apart."""

    error: float
    """Expected calibration error over `N_BINS` equal bins."""
    log_loss: float
    brier: float
    """The mean squared distance of the probabilities from the truth, summed over the categories."""
    bins: list[ReliabilityBin]
    """Those that hold records."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """If the pipeline answers only above `threshold`, it answers a share `coverage` of the records."""

    coverage: float
    threshold: float
    accuracy: Interval
    to_a_person: int


def reliability(truth: NDArray[np.intp], probabilities: NDArray[np.float64]) -> Reliability:
    """Compare the probability of each answer with how often such answers are right."""
    rows = np.arange(len(truth))
    answers = probabilities.argmax(axis=1)
    confidence, right = probabilities[rows, answers], answers == truth
    where = np.minimum((confidence * N_BINS).astype(np.intp), N_BINS - 1)
    bins = [
        ReliabilityBin(
            number / N_BINS,
            (number + 1) / N_BINS,
            int(here.sum()),
            float(confidence[here].mean()),
            share(int(right[here].sum()), int(here.sum())),
        )
        for number in range(N_BINS)
        if (here := where == number).any()
    ]
    of_truth = np.maximum(probabilities[rows, truth], np.finfo(np.float64).tiny)
    squared = (probabilities**2).sum(axis=1) - 2 * probabilities[rows, truth] + 1
    gaps = [bin_.records * abs(bin_.confidence - bin_.accuracy.value) for bin_ in bins]
    return Reliability(sum(gaps) / len(truth), float(-np.log(of_truth).mean()), float(squared.mean()), bins)


def coverage_curve(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[list[float], list[float]]:
    """Return, for the surest 1, 2, … records, their share of all and their accuracy, thinned to some hundred points."""
    order = np.argsort(-confidence, kind="stable")
    accuracy = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    kept = np.unique(np.linspace(len(order) / 100, len(order), 300).astype(np.intp).clip(1)) - 1
    return ((kept + 1) / len(order)).tolist(), accuracy[kept].tolist()


def coverages(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> list[Coverage]:
    """Return some points of the coverage curve, with the threshold that gives them."""
    order = np.argsort(-confidence, kind="stable")
    points = []
    for wanted in _COVERAGES:
        answered = max(1, round(wanted * len(order)))
        sure = order[:answered]
        accuracy = share(int(right[sure].sum()), answered)
        points.append(
            Coverage(answered / len(order), float(confidence[sure[-1]]), accuracy, to_a_person=len(order) - answered)
        )
    return points
