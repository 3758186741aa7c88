"""Accuracy, F1 and the confusion matrix of a set of answers, with bootstrap intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_recall_fscore_support

from pipeline.report.figures.significance import Interval, percentiles

RESAMPLES = 2000
_SEED = 20
_RESAMPLES_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class CategoryScores:
    """One category's part. Without test records there is nothing to say: `support` is 0 and the rest is 0 too."""

    category: str
    precision: float
    recall: float
    f1: Interval
    support: int
    predicted: int


@dataclass(frozen=True, slots=True)
class Scores:
    """What a set of answers scores."""

    records: int
    accuracy: Interval
    macro_f1: Interval
    """The mean over the categories that have test records."""
    weighted_f1: Interval
    per_category: list[CategoryScores]


@dataclass(frozen=True, slots=True)
class Resampled:
    """Figures of bootstrap resamples of the records; one row (or number) for each."""

    accuracy: NDArray[np.float64]
    macro_f1: NDArray[np.float64]
    weighted_f1: NDArray[np.float64]
    f1: NDArray[np.float64]
    """Shape (n_resamples, n_categories)."""


def score(truth: NDArray[np.intp], answers: NDArray[np.intp], categories: tuple[str, ...]) -> Scores:
    """Score answers.

    Parameters
    ----------
    truth, answers : ndarray of int, shape (n_records,)
        Positions in `categories`.
    categories : tuple of str
    """
    labels = np.arange(len(categories))
    precision, recall, f1, support = precision_recall_fscore_support(truth, answers, labels=labels, zero_division=0.0)
    seen = np.flatnonzero(support)
    again = resample(truth, answers, len(categories))
    predicted = np.bincount(answers, minlength=len(categories))
    return Scores(
        records=len(truth),
        accuracy=percentiles(float(accuracy_score(truth, answers)), again.accuracy),
        macro_f1=percentiles(float(f1[seen].mean()), again.macro_f1),
        weighted_f1=percentiles(
            float(f1_score(truth, answers, labels=labels, average="weighted", zero_division=0.0)), again.weighted_f1
        ),
        per_category=[
            CategoryScores(
                name,
                float(precision[label]),
                float(recall[label]),
                percentiles(float(f1[label]), again.f1[:, label]),
                int(support[label]),
                int(predicted[label]),
            )
            for label, name in enumerate(categories)
        ],
    )


def resample(truth: NDArray[np.intp], answers: NDArray[np.intp], n_categories: int) -> Resampled:
    """Draw `RESAMPLES` bootstrap resamples of the records and score each.

    A resample's figures depend only on how many records of each (truth, answer) pair it holds, and those counts are
    multinomial; so the counts are drawn, not the records.
    """
    return resample_pairs(truth, answers, answers, n_categories)[0]


def resample_pairs(
    truth: NDArray[np.intp], one: NDArray[np.intp], other: NDArray[np.intp], n_categories: int
) -> tuple[Resampled, Resampled]:
    """Score two models' answers on the same resamples."""
    cells, counts = np.unique(np.stack([truth, one, other]), axis=1, return_counts=True)
    chance = np.random.default_rng(_SEED)
    parts: list[tuple[Resampled, Resampled]] = []
    for _ in range(RESAMPLES // _RESAMPLES_AT_ONCE):
        drawn = chance.multinomial(len(truth), counts / len(truth), _RESAMPLES_AT_ONCE)
        parts.append(
            (_figures(drawn, cells[0], cells[1], n_categories), _figures(drawn, cells[0], cells[2], n_categories))
        )
    return _joined([part[0] for part in parts]), _joined([part[1] for part in parts])


def _joined(parts: list[Resampled]) -> Resampled:
    return Resampled(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("accuracy", "macro_f1", "weighted_f1", "f1")
        )
    )


def _figures(
    drawn: NDArray[np.int64], truth: NDArray[np.intp], answers: NDArray[np.intp], n_categories: int
) -> Resampled:
    of_truth, of_answers = np.eye(n_categories)[truth], np.eye(n_categories)[answers]
    support, predicted = drawn @ of_truth, drawn @ of_answers
    right = (drawn * (truth == answers)) @ of_truth
    f1 = np.divide(2 * right, support + predicted, out=np.zeros_like(right), where=support + predicted > 0)
    n_records = drawn.sum(axis=1)
    seen = support > 0
    return Resampled(
        right.sum(axis=1) / n_records,
        np.where(seen, f1, 0).sum(axis=1) / seen.sum(axis=1),
        (f1 * support).sum(axis=1) / n_records,
        f1,
    )


@dataclass(frozen=True, slots=True)
class Confusion:
    """A confused pair: `records` of `category` were taken for `taken_for`."""

    category: str
    taken_for: str
    records: int
    share: float
    """Of the category's test records."""


def confusion(truth: NDArray[np.intp], answers: NDArray[np.intp], n_categories: int) -> NDArray[np.int64]:
    """Return the confusion matrix: rows are the categories, columns what their records were taken for."""
    counts: NDArray[np.int64] = confusion_matrix(truth, answers, labels=np.arange(n_categories))
    return counts


def normalised(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Divide each row by its sum; a category without records has NaN throughout."""
    support = counts.sum(axis=1, keepdims=True)
    shares = np.full(counts.shape, np.nan)
    np.divide(counts, support, out=shares, where=support > 0)
    return shares


def most_confused(counts: NDArray[np.int64], categories: tuple[str, ...], n_pairs: int = 20) -> list[Confusion]:
    """Return the most frequent confusions, the largest first."""
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:n_pairs]
    support = counts.sum(axis=1)
    return [
        Confusion(
            categories[row], categories[column], int(wrong[row, column]), float(wrong[row, column] / support[row])
        )
        for row, column in zip(*np.unravel_index(order, wrong.shape), strict=True)
        if wrong[row, column]
    ]
