"""Figures of the data itself: records by split and category, lengths, words, the matrix, duplicates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.report.figures.data.duplicates import Duplicates
from pipeline.report.figures.data.matrix import MatrixFigures
from pipeline.report.figures.data.words import WordCount, Words, least_frequent, most_frequent

if TYPE_CHECKING:
    from pipeline.report.sources.splits import Split

_QUANTILES = (0.0, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0)


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """How many records of a category each split holds."""

    category: str
    train: int
    test: int


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long the texts of a split are."""

    split: str
    unit: str
    mean: float
    quantiles: dict[str, float]
    """By name: min, 25%, median, …"""
    empty: int


@dataclass(frozen=True, slots=True)
class WordFigures:
    """The words of the train split, stop words left out."""

    tokens: int
    distinct: int
    once: int
    between_bounds_distinct: int
    between_bounds_tokens: int
    """The words of the reference's cloud."""
    most_frequent: list[WordCount]
    least_frequent: list[WordCount]
    most_frequent_between_bounds: list[WordCount]
    least_frequent_between_bounds: list[WordCount]


@dataclass(frozen=True, slots=True)
class DataFigures:
    """All of them."""

    train_records: int
    test_records: int
    counts: list[CategoryCount]
    lengths: list[Lengths]
    words: WordFigures
    matrix: MatrixFigures
    same_text: Duplicates
    same_terms: Duplicates


def category_counts(train: Split, test: Split, categories: Sequence[str]) -> list[CategoryCount]:
    """Count the records of each category."""
    of_train, of_test = (np.bincount(split.labels, minlength=len(categories)).tolist() for split in (train, test))
    return [CategoryCount(*row) for row in zip(categories, of_train, of_test, strict=True)]


def characters(texts: Iterable[str]) -> NDArray[np.int64]:
    """Return the texts' lengths in characters."""
    return np.fromiter(map(len, texts), np.int64)


def lengths(split: str, unit: str, of_texts: NDArray[np.int64]) -> Lengths:
    """Summarise the lengths of a split's texts."""
    names = ["min", "25%", "median", "75%", "90%", "99%", "max"]
    values = np.quantile(of_texts, _QUANTILES).tolist()
    return Lengths(
        split, unit, float(of_texts.mean()), dict(zip(names, values, strict=True)), int((of_texts == 0).sum())
    )


def word_figures(words: Words, n_words: int = 20) -> WordFigures:
    """Summarise the words of the train split."""
    bounded = words.between_bounds()
    return WordFigures(
        tokens=words.tokens,
        distinct=words.distinct,
        once=words.once,
        between_bounds_distinct=len(bounded),
        between_bounds_tokens=bounded.total(),
        most_frequent=most_frequent(words.counts, n_words),
        least_frequent=least_frequent(words.counts, n_words),
        most_frequent_between_bounds=most_frequent(bounded, n_words),
        least_frequent_between_bounds=least_frequent(bounded, n_words),
    )
