"""What all figures share: size, type, colours, and the form in which they are kept.

Colours are Okabe and Ito's, which colour-blind people can tell apart, and of those only the ones that stand out from
white and from near black alike. Ink, grid and paper are changed in the page's own copy, so that one drawing serves
light and dark.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

INK, GRID, PAPER, QUIET = "#1b1f24", "#d8dce1", "#ffffff", "#6b7280"
BLUE, ORANGE, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#b5608d"
ON_COLOUR = "#fefefe"
"""Writing on a strong colour, in light and dark alike."""
WIDTH = 8.0
"""Inches; on the page a figure is as wide as the text."""
FONT = "DejaVu Sans"

_SETTINGS: Any = {
    "font.family": FONT,
    "font.size": 8.0,
    "axes.titlesize": 8.5,
    "axes.titlelocation": "left",
    "axes.labelsize": 8.0,
    "axes.labelcolor": INK,
    "axes.edgecolor": QUIET,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "figure.facecolor": PAPER,
    "lines.linewidth": 1.6,
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "svg.fonttype": "none",
    "svg.hashsalt": "report",
    "path.simplify_threshold": 0.5,
}


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure, with what a reader who cannot see it is told."""

    name: str
    """Of its files."""
    title: str
    description: str
    """The alternative text: what the figure shows, with its main figures."""
    figure: Figure


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the report's style."""
    with mpl.rc_context(_SETTINGS):
        yield


def new(height: float, width: float = WIDTH) -> tuple[Figure, Axes]:
    """Return a figure with one set of axes."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def logarithmic(axes: Axes, and_y: bool = False) -> None:
    """Scale x (and y) by the logarithm, with numbers as people write them (and not powers, which are slow to set)."""
    axes.set_xscale("log")
    if and_y:
        axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis) if and_y else (axes.xaxis,):
        axis.set_major_formatter("{x:,.0f}")
        axis.set_minor_formatter(NullFormatter())


def shortened(name: str, length: int = 26) -> str:
    """Cut a name that is too long for a figure; tables have all of it. `$` would begin a formula."""
    cut = name if len(name) <= length else f"{name[: length - 1]}…"
    return cut.replace("$", r"\$")


def legend_above(figure: Figure, axes: Axes, columns: int = 4) -> None:
    """Put the legend outside the axes, where it covers nothing."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=columns)
