"""Figures of what the probabilities are worth, of where the model is right, and of two models side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.report.figures.model.comparison import Comparison
from pipeline.report.figures.model.confidence import Reliability
from pipeline.report.figures.model.slices import Slice
from pipeline.report.plots.style import BLUE, GREEN, ORANGE, QUIET, WIDTH, Plot, legend_above, new, shortened

Curve = tuple[list[float], list[float]]


def reliability_plot(found: Reliability) -> Plot:
    """Draw accuracy against the probability of the answer, and how many answers have it."""
    figure, axes = new(4.6, 6.4)
    centres = [bin_.confidence for bin_ in found.bins]
    accuracy = np.array([bin_.accuracy.value for bin_ in found.bins])
    spread = np.array([(bin_.accuracy.low, bin_.accuracy.high) for bin_ in found.bins]).T
    axes.plot([0, 1], [0, 1], color=QUIET, ls="--", lw=1.2, label="as probable as said")
    axes.errorbar(
        centres, accuracy, np.abs(spread - accuracy), fmt="o-", color=BLUE, ms=4, lw=1.2, label="accuracy, 95% interval"
    )
    axes.set(xlim=(0, 1.01), ylim=(0, 1.01), xlabel="probability of the answer", ylabel="accuracy")
    shares = axes.twinx()
    width = 1 / 15
    total = sum(bin_.records for bin_ in found.bins)
    shares.bar(
        [bin_.low + width / 2 for bin_ in found.bins],
        [100 * bin_.records / total for bin_ in found.bins],
        width * 0.9,
        color=GREEN,
        alpha=0.3,
        lw=0,
    )
    axes.bar([0], [0], color=GREEN, alpha=0.3, label="answers (right scale)")
    shares.set(ylim=(0, 300), yticks=(0, 50, 100))
    shares.set_ylabel("answers (%)", loc="bottom")
    shares.grid(visible=False)
    legend_above(figure, axes, 3)
    return Plot(
        "reliability",
        "Reliability diagram",
        f"Accuracy against the probability of the answer, beside the diagonal that honest probabilities follow. "
        f"The expected calibration error is {found.error:.4f}.",
        figure,
    )


def coverage_plot(curves: Sequence[tuple[str, Curve]]) -> Plot:
    """Draw how accurate the pipeline is if it answers only the surest texts; one curve for each model."""
    figure, axes = new(3.2)
    styles = ((BLUE, "-"), (ORANGE, "--"))
    for (name, (coverage, accuracy)), (colour, line) in zip(curves, styles, strict=False):
        axes.plot(100 * np.array(coverage), 100 * np.array(accuracy), line, color=colour, label=shortened(name, 60))
    axes.set(xlim=(0, 101), xlabel="texts that the pipeline answers, the surest first (%)", ylabel="accuracy (%)")
    lowest = min(100 * min(accuracy) for _, (_, accuracy) in curves)
    axes.set_ylim(min(lowest - 2, 95), 100.5)
    if len(curves) > 1:
        legend_above(figure, axes, 1)
    name, (coverage, accuracy) = curves[0]
    half = accuracy[int(np.argmin(np.abs(np.array(coverage) - 0.5)))]
    return Plot(
        "coverage" if len(curves) == 1 else "coverage-compared",
        "Accuracy against coverage",
        f"{name}: accuracy {accuracy[-1]:.1%} on all texts, {half:.1%} on the surer half.",
        figure,
    )


def slices_plot(name: str, title: str, unit: str, slices: Sequence[Slice], percent: bool = False) -> Plot:
    """Draw accuracy by slices of a figure."""
    figure, axes = new(2.9)
    positions = np.arange(len(slices))
    accuracy = 100 * np.array([item.accuracy.value for item in slices])
    spread = 100 * np.array([(item.accuracy.low, item.accuracy.high) for item in slices]).reshape(-1, 2).T
    axes.errorbar(positions, accuracy, np.abs(spread - accuracy), fmt="o-", color=BLUE, ms=4.5, lw=1.2, capsize=2)
    ranges = [_range(item, percent) for item in slices]
    axes.set_xticks(positions, [f"{text}\n{item.records:,}" for text, item in zip(ranges, slices, strict=True)])
    axes.grid(axis="x", visible=False)
    axes.set(xlabel=f"{unit}; below it the number of records", ylabel="accuracy (%)")
    axes.margins(x=0.06)
    told = "; ".join(f"{text}: {item.accuracy.value:.1%}" for text, item in zip(ranges, slices, strict=True))
    return Plot(name, title, f"Accuracy with 95% intervals by {unit}: {told}.", figure)


def _range(item: Slice, percent: bool) -> str:
    if percent:
        low, high = (f"{100 * value:.1f}".removesuffix(".0") for value in (item.low, item.high))
        return f"{low}%" if low == high else f"{low} to {high}%"
    return f"{item.low:,.0f}" if item.low == item.high else f"{item.low:,.0f} to {item.high:,.0f}"


def difference_plot(comparison: Comparison) -> Plot:
    """Draw how much better each category's F1 is with the first model."""
    rows = sorted(
        ((name, found) for name, found in comparison.f1.items() if not np.isnan(found.value)),
        key=lambda row: -row[1].value,
    )
    figure, axes = new(0.9 + 0.2 * len(rows), WIDTH)
    positions = np.arange(len(rows))
    value = np.array([found.value for _, found in rows])
    better = value >= 0
    axes.axvline(0, color=QUIET, lw=1)
    for chosen, colour, label in (
        (better, BLUE, f"{comparison.one.name} better"),
        (~better, ORANGE, f"{comparison.other.name} better"),
    ):
        low, high = (np.array([getattr(found, name) for _, found in rows]) for name in ("low", "high"))
        axes.hlines(positions[chosen], low[chosen], high[chosen], color=colour, lw=4, alpha=0.3)
        axes.plot(value[chosen], positions[chosen], "o", color=colour, ms=5, label=shortened(label, 50))
    axes.set_yticks(positions, [shortened(name) for name, _ in rows])
    axes.invert_yaxis()
    axes.margins(y=0.02)
    axes.set_xlabel(f"F1 of {shortened(comparison.one.name, 40)} less F1 of {shortened(comparison.other.name, 40)}")
    legend_above(figure, axes, 1)
    return Plot(
        "difference",
        "Difference in F1 by category",
        f"Dots with 95% intervals: {comparison.one.name} has the higher F1 in {int((value > 0).sum())} of {len(rows)} "
        f"categories.",
        figure,
    )
