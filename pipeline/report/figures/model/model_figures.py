"""Figures of the model on the test split: all that can be said from its answers, its probabilities and its weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.report.figures.model.confidence import Coverage, Reliability, coverage_curve, coverages, reliability
from pipeline.report.figures.model.curves import CategoryCurves, curves, one_vs_rest
from pipeline.report.figures.model.knowledge import Mistake, TellingTerm, mistakes, telling_terms
from pipeline.report.figures.model.scores import Confusion, Scores, confusion, most_confused, score
from pipeline.report.figures.model.slices import Slice, TokenCounts, slices
from pipeline.report.sources.served_model import ServedModel

if TYPE_CHECKING:
    import scipy.sparse as sp

    from pipeline.report.sources.splits import Split


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """All of them."""

    scores: Scores
    confusion: NDArray[np.int64]
    """Rows are the categories, columns what their records were taken for, both in the model's order."""
    confused: list[Confusion]
    curves: list[CategoryCurves | None]
    """Of the pipeline's own probabilities, one for each category."""
    one_vs_rest: list[CategoryCurves | None]
    """Of the reference's one-vs-rest MultinomialNB."""
    one_vs_rest_alpha: float
    reliability: Reliability
    coverage: tuple[list[float], list[float]]
    coverages: list[Coverage]
    by_length: list[Slice]
    by_known_share: list[Slice]
    telling: dict[str, list[TellingTerm]]
    mistakes: list[Mistake]


@dataclass(frozen=True, slots=True)
class TestAnswers:
    """The test split with what the pipeline says of it."""

    split: Split
    rows: sp.csr_array
    probabilities: NDArray[np.float64]
    """Shape (n_records, n_categories)."""
    answers: NDArray[np.intp]
    """What the pipeline answered; shape (n_records,)."""

    @property
    def right(self) -> NDArray[np.bool_]:
        right: NDArray[np.bool_] = self.answers == self.split.labels
        return right

    @property
    def confidence(self) -> NDArray[np.float64]:
        """The probability of each answer."""
        highest: NDArray[np.float64] = self.probabilities.max(axis=1)
        return highest


def model_figures(
    model: ServedModel,
    train: Split,
    train_rows: sp.csr_array,
    means: NDArray[np.float32],
    test: TestAnswers,
    tokens: TokenCounts,
    alpha: float,
) -> ModelFigures:
    """Compute everything about the model; `alpha` is the one-vs-rest classifiers'."""
    truth, answers, right = test.split.labels, test.answers, test.right
    terms = model.terms
    counts = confusion(truth, answers, len(model.categories))
    reference = one_vs_rest(train_rows, train.labels, test.rows, len(model.categories), alpha)
    return ModelFigures(
        scores=score(truth, answers, model.categories),
        confusion=counts,
        confused=most_confused(counts, model.categories),
        curves=curves(truth, test.probabilities),
        one_vs_rest=curves(truth, reference),
        one_vs_rest_alpha=alpha,
        reliability=reliability(truth, test.probabilities),
        coverage=coverage_curve(test.confidence, right),
        coverages=coverages(test.confidence, right),
        by_length=slices(tokens.words, right),
        by_known_share=slices(tokens.known_share, right),
        telling=telling_terms(model, terms, means),
        mistakes=mistakes(model, terms, test.rows, truth, test.probabilities, test.split.texts),
    )
