"""One run, looked at from all sides: from what was read and answered to every figure of the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.report.figures.data.data_figures import (
    DataFigures,
    category_counts,
    characters,
    lengths,
    word_figures,
)
from pipeline.report.figures.data.duplicates import duplicates, rows_as_keys, texts_as_keys
from pipeline.report.figures.data.matrix import document_frequency, matrix_figures
from pipeline.report.figures.data.words import Words, cleaned, count_words
from pipeline.report.figures.model.comparison import Comparison
from pipeline.report.figures.model.knowledge import category_means, family_order
from pipeline.report.figures.model.model_figures import ModelFigures, TestAnswers, model_figures
from pipeline.report.figures.model.slices import TokenCounts, count_tokens
from pipeline.report.sources.agreement import check_against_answers
from pipeline.report.sources.served_model import ServedModel
from pipeline.report.sources.splits import Split

if TYPE_CHECKING:
    from pipeline.prediction.invoke import Prediction

Step = Callable[[str], AbstractContextManager[None]]
"""Says what is being done while it is done."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the report is about."""

    run: str
    dataset: str
    profile: str
    is_stand_in: bool
    way: str
    target: str
    made: str
    """When, in UTC."""
    selection: Mapping[str, Any] | None = None
    """What the first training job tried, and what it chose; None where it was given the settings."""


@dataclass(frozen=True, slots=True)
class Source:
    """Everything the figures are computed from."""

    model: ServedModel
    train: Split
    test: Split
    stop_words: frozenset[bytes]
    answers: Sequence[Prediction]
    """The deployed pipeline's, to the test split."""
    alpha: float
    """Of the one-vs-rest classifiers."""


@dataclass(frozen=True, slots=True)
class Series:
    """What histograms and clouds are drawn from, and no table holds."""

    train_characters: NDArray[np.int64]
    test_characters: NDArray[np.int64]
    nonzeros: NDArray[np.int64]
    """Per row of the train split."""
    document_frequency: NDArray[np.intp]
    words: Words
    means: NDArray[np.float32]
    """Each category's mean row, shape (n_categories, n_features)."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """All figures of a report."""

    facts: Facts
    categories: tuple[str, ...]
    families: list[int]
    """The categories' positions, like ones side by side."""
    terms: list[str]
    data: DataFigures
    model: ModelFigures
    test: TestAnswers
    tokens: TokenCounts
    series: Series
    comparison: Comparison | None = None


def answered(model: ServedModel, test: Split, predictions: Sequence[Prediction]) -> TestAnswers:
    """Compute the probabilities of all categories, and hold them to what the deployed pipeline answered."""
    rows = model.rows(test.texts)
    probabilities = model.probabilities(model.scores(rows))
    return TestAnswers(test, rows, probabilities, check_against_answers(probabilities, model.categories, predictions))


def analyse(facts: Facts, source: Source, step: Step) -> Analysis:
    """Compute every figure."""
    model, train, test = source.model, source.train, source.test
    with step("features of the train split"):
        train_rows = model.rows(train.texts)
    with step("probabilities of the test split"):
        answers = answered(model, test, source.answers)
    with step("words"):
        words = count_words(cleaned(model, text, source.stop_words) for text in train.texts)
        tokens = count_tokens(model, test.texts, source.stop_words)
    means = category_means(train_rows, train.labels, len(model.categories))
    with step("scores, curves, intervals"):
        of_model = model_figures(model, train, train_rows, means, answers, tokens, source.alpha)
    with step("lengths, duplicates, the matrix"):
        series = Series(
            characters(train.texts),
            characters(test.texts),
            np.diff(train_rows.indptr),
            document_frequency(train_rows),
            words,
            means,
        )
        of_data = _data_figures(source, answers, train_rows, series)
    return Analysis(
        facts, model.categories, family_order(means), model.terms, of_data, of_model, answers, tokens, series
    )


def _data_figures(source: Source, answers: TestAnswers, train_rows: NDArray[np.float32], series: Series) -> DataFigures:
    train, test = source.train, source.test
    labels = (train.labels, test.labels, answers.right)
    return DataFigures(
        train_records=len(train.texts),
        test_records=len(test.texts),
        counts=category_counts(train, test, source.model.categories),
        lengths=[
            lengths("train", "characters", series.train_characters),
            lengths("test", "characters", series.test_characters),
            lengths("train", "distinct terms", series.nonzeros),
            lengths("test", "distinct terms", np.diff(answers.rows.indptr)),
        ],
        words=word_figures(series.words),
        matrix=matrix_figures(train_rows, answers.rows, source.model.terms),
        same_text=duplicates(texts_as_keys(train.texts), texts_as_keys(test.texts), *labels),
        same_terms=duplicates(rows_as_keys(train_rows), rows_as_keys(answers.rows), *labels),
    )
