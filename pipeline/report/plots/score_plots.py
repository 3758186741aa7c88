"""Figures of the model's answers: scores by category, and what was taken for what."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.report.figures.model.scores import CategoryScores, normalised
from pipeline.report.plots.style import (
    BLUE,
    GREEN,
    GRID,
    INK,
    ON_COLOUR,
    ORANGE,
    WIDTH,
    Plot,
    legend_above,
    new,
    shortened,
)

_MOST_WITH_NUMBERS = 30
"""Categories of a confusion matrix whose cells still have room for a number."""


def scores_by_category(scores: Sequence[CategoryScores]) -> Plot:
    """Draw precision, recall and F1 with its interval, the best category first."""
    tested = sorted((score for score in scores if score.support), key=lambda score: -score.f1.value)
    figure, axes = new(0.9 + 0.2 * len(tested))
    positions = np.arange(len(tested))
    f1 = np.array([score.f1.value for score in tested])
    low, high = (np.array([getattr(score.f1, name) for score in tested]) for name in ("low", "high"))
    axes.hlines(positions, low, high, color=BLUE, lw=4, alpha=0.3, label="F1, 95% interval")
    axes.plot(f1, positions, "o", color=BLUE, ms=5, label="F1")
    axes.plot([score.precision for score in tested], positions, "|", color=ORANGE, ms=9, mew=1.8, label="precision")
    axes.plot([score.recall for score in tested], positions, "x", color=GREEN, ms=5, mew=1.5, label="recall")
    axes.set_yticks(positions, [shortened(score.category) for score in tested])
    axes.invert_yaxis()
    axes.margins(y=0.02)
    axes.set_xlabel("score")
    legend_above(figure, axes)
    best, worst = tested[0], tested[-1]
    return Plot(
        "scores-by-category",
        "Precision, recall and F1 by category",
        f"Dots for {len(tested)} categories, sorted by F1: the best is {best.category} with {best.f1.value:.3f}, the "
        f"worst {worst.category} with {worst.f1.value:.3f}.",
        figure,
    )


def confusion_plots(counts: NDArray[np.int64], categories: Sequence[str], order: Sequence[int]) -> list[Plot]:
    """Draw the confusion matrix as counts and as shares of each row, categories in `order`."""
    names = [categories[position] for position in order]
    ordered = counts[np.ix_(order, order)]
    shares = normalised(ordered)
    right = int(np.trace(counts))
    told = f"The diagonal holds the {right:,} of {counts.sum():,} records that were classified right."
    return [
        Plot(
            "confusion-counts",
            "Confusion matrix, records",
            f"Matrix of {len(names)} categories by what their test records were taken for. {told}",
            _confusion(ordered, shares, names, lambda row, column: f"{ordered[row, column]:,}"),
        ),
        Plot(
            "confusion-normalised",
            "Confusion matrix, % of each category's records",
            f"The same matrix, each row divided by the category's test records. {told}",
            _confusion(
                ordered, shares, names, lambda row, column: f"{100 * shares[row, column]:.0f}".removeprefix("0")
            ),
        ),
    ]


def _confusion(
    counts: NDArray[np.int64], shares: NDArray[np.float64], names: Sequence[str], label: Callable[[int, int], str]
) -> Figure:
    with_numbers = len(names) <= _MOST_WITH_NUMBERS
    side = 7.6 if len(names) > 8 else 3.2 + 0.5 * len(names)
    figure, axes = new(side, min(WIDTH, side + 0.4))
    axes.imshow(_shaded(np.nan_to_num(shares)), interpolation="none", aspect="auto")
    axes.grid(visible=False)
    size = 7.5 if with_numbers else 4.5
    labels = [
        shortened(name, 26) if counts[row].sum() else f"{shortened(name, 20)} (no tests)"
        for row, name in enumerate(names)
    ]
    axes.set_xticks(range(len(names)), [shortened(name, 26) for name in names], rotation=90, fontsize=size)
    axes.set_yticks(range(len(names)), labels, fontsize=size)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("taken for")
    axes.set_ylabel("category")
    edges = np.arange(len(names) + 1) - 0.5
    axes.hlines(edges, -0.5, len(names) - 0.5, color=GRID, lw=0.4)
    axes.vlines(edges, -0.5, len(names) - 0.5, color=GRID, lw=0.4)
    if with_numbers:
        small = 7.5 if len(names) <= 12 else 6.0
        for row, column in zip(*np.nonzero(counts), strict=True):
            colour = ON_COLOUR if shares[row, column] > 0.45 else INK
            axes.text(column, row, label(row, column), ha="center", va="center", fontsize=small, color=colour)
    return figure


def _shaded(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return blue as opaque as a share is large: it reads on white and on black paper."""
    image = np.empty((*shares.shape, 4))
    image[..., :3] = to_rgb(BLUE)
    image[..., 3] = np.where(shares > 0.45, 1.0, 0.9 * np.sqrt(shares / 0.45) * 0.75)
    return image
