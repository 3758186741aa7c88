"""Two models on the same test records: their scores side by side, and whether the difference could be chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.report.figures.model.confidence import Reliability, coverage_curve, reliability
from pipeline.report.figures.model.model_figures import TestAnswers
from pipeline.report.figures.model.scores import Scores, resample_pairs, score
from pipeline.report.figures.significance import Interval, McNemar, mcnemar, percentiles


@dataclass(frozen=True, slots=True)
class Compared:
    """One of the two models."""

    name: str
    scores: Scores
    reliability: Reliability
    coverage: tuple[list[float], list[float]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The model of the report and another one; differences are the first less the second."""

    one: Compared
    other: Compared
    accuracy: Interval
    macro_f1: Interval
    weighted_f1: Interval
    f1: dict[str, Interval]
    """By category."""
    mcnemar: McNemar


def compare(names: tuple[str, str], one: TestAnswers, other: TestAnswers, categories: tuple[str, ...]) -> Comparison:
    """Compare the answers of two models; the intervals of the differences are of a bootstrap that draws the same
    records for both.
    """
    first, second = (_compared(name, answers, categories) for name, answers in zip(names, (one, other), strict=True))
    again_one, again_other = resample_pairs(one.split.labels, one.answers, other.answers, len(categories))
    f1 = again_one.f1 - again_other.f1
    return Comparison(
        one=first,
        other=second,
        accuracy=_difference(first.scores.accuracy, second.scores.accuracy, again_one.accuracy - again_other.accuracy),
        macro_f1=_difference(first.scores.macro_f1, second.scores.macro_f1, again_one.macro_f1 - again_other.macro_f1),
        weighted_f1=_difference(
            first.scores.weighted_f1, second.scores.weighted_f1, again_one.weighted_f1 - again_other.weighted_f1
        ),
        f1={
            mine.category: _difference(mine.f1, theirs.f1, f1[:, label])
            for label, (mine, theirs) in enumerate(
                zip(first.scores.per_category, second.scores.per_category, strict=True)
            )
        },
        mcnemar=mcnemar(one.right, other.right),
    )


def _compared(name: str, answers: TestAnswers, categories: tuple[str, ...]) -> Compared:
    truth = answers.split.labels
    return Compared(
        name,
        score(truth, answers.answers, categories),
        reliability(truth, answers.probabilities),
        coverage_curve(answers.confidence, answers.right),
    )


def _difference(one: Interval, other: Interval, resampled: NDArray[np.float64]) -> Interval:
    return percentiles(one.value - other.value, resampled)
