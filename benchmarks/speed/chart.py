"""The page's chart: bars of the figures that people ask for first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from benchmarks.speed.results import Section

mpl.use("svg")

_PANELS = (
    ("chain", "median", "One record through the chain, ms"),
    ("batch", "text to category", "Text to category in batches, µs a record"),
    ("fit", "fit", "Fitting both models, s"),
)
_OURS, _OTHERS = "#1f6f8b", "#b8b8b8"


def draw(sections: Sequence[Section], path: Path) -> None:
    """Draw one panel for each of those sections that was measured."""
    found = {section.name: section for section in sections}
    panels = [panel for panel in _PANELS if panel[0] in found]
    mpl.rcParams.update({"svg.hashsalt": "benchmarks", "font.size": 9})
    drawing = Drawing(figsize=(10, 3.2), layout="constrained")
    for axes, (name, what, title) in zip(
        drawing.subplots(1, max(1, len(panels)), squeeze=False)[0], panels, strict=False
    ):
        _bars(axes, found[name], what, title)
    drawing.savefig(path, metadata={"Date": None})


def _bars(axes: Axes, section: Section, what: str, title: str) -> None:
    figures = [figure for figure in section.figures if figure.what == what]
    names = [figure.contender for figure in figures]
    colours = [_OURS if name in ("seed", "best") else _OTHERS for name in names]
    bars = axes.barh(names, [figure.value for figure in figures], color=colours)
    axes.bar_label(bars, fmt="%.3g", padding=3)
    axes.invert_yaxis()
    axes.set_title(title, fontsize=10)
    axes.margins(x=0.15)
    axes.spines[["top", "right"]].set_visible(False)
