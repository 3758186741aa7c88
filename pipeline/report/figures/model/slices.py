"""Where the model is right: accuracy against the length of a text and against its share of known words."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.report.figures.significance import Interval, share
from pipeline.report.sources.served_model import ServedModel

_SLICES = 8


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """How many tokens each text has, by kind; arrays of shape (n_texts,). Tokens of one character are no words."""

    known: NDArray[np.int64]
    stop: NDArray[np.int64]
    unknown: NDArray[np.int64]

    @property
    def words(self) -> NDArray[np.int64]:
        """All but stop words."""
        return self.known + self.unknown

    @property
    def known_share(self) -> NDArray[np.float64]:
        """Of the words; NaN for a text without any."""
        shares = np.full(len(self.known), np.nan)
        np.divide(self.known, self.words, out=shares, where=self.words > 0)
        return shares


@dataclass(frozen=True, slots=True)
class Slice:
    """The records whose figure lies from `low` to `high`."""

    low: float
    high: float
    records: int
    accuracy: Interval


def count_tokens(model: ServedModel, texts: list[str], stop_words: Set[bytes]) -> TokenCounts:
    """Count each text's known words, stop words and unknown words."""
    counts = np.array([_count(model, text, stop_words) for text in texts], dtype=np.int64).reshape(-1, 3)
    return TokenCounts(*counts.T)


def _count(model: ServedModel, text: str, stop_words: Set[bytes]) -> tuple[int, int, int]:
    tokens = [token for token in model.words_of(text) if len(token) > 1]
    known = sum(map(model.vocabulary.__contains__, tokens))
    stop = sum(token in stop_words and token not in model.vocabulary for token in tokens)
    return known, stop, len(tokens) - known - stop


def slices(figure: NDArray[np.float64] | NDArray[np.int64], right: NDArray[np.bool_]) -> list[Slice]:
    """Cut the records at the quantiles of a figure into slices of about equal size; equal figures stay together, and
    records without one (NaN) are left out.
    """
    known = ~np.isnan(figure)
    figure, right = figure[known], right[known]
    if not len(figure):
        return []
    edges = np.unique(np.quantile(figure, np.linspace(0, 1, _SLICES + 1), method="lower"))
    where = np.searchsorted(edges[1:-1], figure, side="right") if len(edges) > 1 else np.zeros(len(figure), np.intp)
    found = []
    for number in np.unique(where):
        here = where == number
        accuracy = share(int(right[here].sum()), int(here.sum()))
        found.append(Slice(float(figure[here].min()), float(figure[here].max()), int(here.sum()), accuracy))
    return found
