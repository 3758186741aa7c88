"""How time and memory grow with the number of records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.scale.verdicts import per_record

mpl.use("svg")


def draw(figures: dict[str, Any], path: Path) -> None:
    """Draw the time per record and the most memory of each step's own part, over the number of records."""
    mpl.rcParams.update({"svg.hashsalt": "scale", "font.size": 9})
    drawing = Figure(figsize=(10, 3.6), layout="constrained")
    time, memory = drawing.subplots(1, 2)
    rows = [*figures["training"], *figures["batch"]]
    _curves(time, {what: [(row["records"], per_record(row) * 1e6) for row in found] for what, found in _by(rows)})
    time.set(title="µs a record, all steps", ylim=(0, None))
    _curves(memory, dict(_peaks(rows)))
    memory.set(title="Most memory, MB", ylim=(0, None))
    drawing.savefig(path, metadata={"Date": None})


def _by(rows: Sequence[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    names = dict.fromkeys(row["what"] for row in rows)
    return [
        (name, sorted((row for row in rows if row["what"] == name), key=lambda row: int(row["records"])))
        for name in names
    ]


def _peaks(rows: Sequence[dict[str, Any]]) -> list[tuple[str, list[tuple[int, float]]]]:
    curves: dict[str, list[tuple[int, float]]] = {}
    for what, found in _by(rows):
        for row in found:
            for part in sorted({part for parts in row["peaks"].values() for part in parts}):
                peak = max(parts.get(part, 0) for parts in row["peaks"].values())
                curves.setdefault(f"{what}: {part}", []).append((row["records"], peak / 1e6))
    return list(curves.items())


def _curves(axes: Axes, curves: dict[str, list[tuple[int, float]]]) -> None:
    for name, points in curves.items():
        axes.plot([x for x, _ in points], [y for _, y in points], marker="o", label=name)
    axes.set_xscale("log")
    axes.set_xlabel("records")
    axes.legend(fontsize=7, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
