"""ROC and precision-recall curves: a small panel for each category, however many there are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.report.figures.model.curves import CategoryCurves, Points
from pipeline.report.plots.style import BLUE, INK, ORANGE, QUIET, WIDTH, Plot, shortened

_COLUMNS = 5
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.6, 0.1, 0.55, 0.5
"""Margins in inches. They are fixed: to find them out matplotlib would draw every panel several times."""
_GAP, _TITLE = 0.12, 0.25

Curves = Sequence[CategoryCurves | None]


@dataclass(frozen=True, slots=True)
class _Kind:
    """One of the two kinds of curve."""

    name: str
    title: str
    x: str
    y: str
    unit: str
    points: Callable[[CategoryCurves], Points]
    area: Callable[[CategoryCurves], float]
    corner: tuple[float, str]
    """Where the curve leaves room for its area."""


_ROC = _Kind(
    "roc",
    "One-vs-rest ROC curves",
    "false positive rate",
    "true positive rate",
    "AUC",
    lambda found: found.roc,
    lambda found: found.auc,
    (0.97, "right"),
)
_PRECISION_RECALL = _Kind(
    "precision-recall",
    "One-vs-rest precision-recall curves",
    "recall",
    "precision",
    "AP",
    lambda found: found.precision_recall,
    lambda found: found.average_precision,
    (0.03, "left"),
)


def roc_plot(categories: Sequence[str], ours: Curves, reference: Curves) -> Plot:
    """Draw a ROC curve for every category, the pipeline's and the reference's."""
    return _plot(_ROC, categories, ours, reference)


def precision_recall_plot(categories: Sequence[str], ours: Curves, reference: Curves) -> Plot:
    """Draw a precision-recall curve for every category, the pipeline's and the reference's."""
    return _plot(_PRECISION_RECALL, categories, ours, reference)


def _plot(kind: _Kind, categories: Sequence[str], ours: Curves, reference: Curves) -> Plot:
    known = [kind.area(found) for found in ours if found]
    span = f"from {min(known):.3f} to {max(known):.3f}" if known else "unknown, for want of test records"
    figure, panels = _panels(kind, len(categories))
    for axes, category, mine, theirs in zip(panels, categories, ours, reference, strict=True):
        _draw(kind, axes, category, mine, theirs)
    drawn = next((axes for axes, found in zip(panels, ours, strict=True) if found), None)
    if drawn is not None:
        figure.legend(*drawn.get_legend_handles_labels(), loc="upper left", ncols=2)
    return Plot(
        kind.name,
        kind.title,
        f"A small curve for each of {len(categories)} categories, {kind.y} against {kind.x}, the pipeline's and that "
        f"of one-vs-rest MultinomialNB. The pipeline's {kind.unit} is {span}.",
        figure,
    )


def _panels(kind: _Kind, n_panels: int) -> tuple[Figure, list[Axes]]:
    """Return a figure with a square set of axes for each category, numbered at the outer ones alone."""
    columns = min(n_panels, _COLUMNS)
    rows = math.ceil(n_panels / columns)
    width = WIDTH if columns > 2 else 3.0 * columns
    side = (width - _LEFT - _RIGHT - _GAP * (columns - 1)) / columns
    height = _TOP + _BOTTOM + rows * side + (rows - 1) * _TITLE
    figure = Figure(figsize=(width, height))
    panels = []
    for number in range(n_panels):
        row, column = divmod(number, columns)
        left, top = _LEFT + column * (side + _GAP), _TOP + row * (side + _TITLE)
        axes = figure.add_axes((left / width, 1 - (top + side) / height, side / width, side / height))
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        axes.set_xticks((0, 0.5, 1), ("0", "0.5", "1"))
        axes.set_yticks((0, 0.5, 1), ("0", "0.5", "1"))
        axes.tick_params(length=2, labelleft=column == 0, labelbottom=number + columns >= n_panels)
        panels.append(axes)
    figure.supxlabel(kind.x, fontsize=8, y=0.08 / height, va="bottom")
    figure.supylabel(kind.y, fontsize=8, x=0.08 / width, ha="left")
    return figure, panels


def _draw(
    kind: _Kind, axes: Axes, category: str, ours: CategoryCurves | None, reference: CategoryCurves | None
) -> None:
    axes.set_title(shortened(category, 24), fontsize=7, pad=3)
    if ours is None or reference is None:
        axes.text(0.5, 0.5, "no test\nrecords", ha="center", va="center", color=QUIET, fontsize=7)
        return
    axes.plot(*kind.points(reference), label="one-vs-rest MultinomialNB", color=ORANGE, ls="--", lw=1.2)
    axes.plot(*kind.points(ours), color=BLUE, lw=1.5, label="pipeline")
    where, side = kind.corner
    axes.text(where, 0.06, f"{kind.unit} {kind.area(ours):.3f}", ha=side, va="bottom", color=INK, fontsize=7)
