"""The files of a report: the page, the figures, the predictions, and all figures as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.console import progress
from pipeline.errors import BadInput
from pipeline.report.figures.analysis import Analysis
from pipeline.report.output import metrics, page, predictions
from pipeline.report.plots import figure_files
from pipeline.report.plots.drawing import draw, n_plots


def make_directory(directory: Path) -> None:
    """Make the directory, before anything that takes time.

    Raises
    ------
    BadInput
        If it cannot be made.
    """
    try:
        (directory / "figures").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{directory}: {error.strerror}. Choose another directory with --output.") from error


def write(analysis: Analysis, directory: Path) -> None:
    """Write the report; the page comes last, so that it stands for a whole one.

    Raises
    ------
    BadInput
        If a file cannot be written.
    """
    figures = []
    try:
        with progress(n_plots(analysis), "figures", "drawing") as bar:
            for plot in draw(analysis):
                figures.append(figure_files.write(plot, directory / "figures"))
                bar.update(1)
        metrics.write(analysis, directory / "metrics.json")
        predictions.write(analysis, directory / "predictions.csv")
        (directory / "index.html").write_text(page.render(analysis, figures), encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{directory} cannot be written: {error.strerror}.") from error


def summary(analysis: Analysis, directory: Path) -> list[str]:
    """Return what a user is told at the end."""
    scores = analysis.model.scores
    lines = [
        f"{name:<12} {found.value:.4f} (95% interval {found.low:.4f} to {found.high:.4f})"
        for name, found in (
            ("accuracy", scores.accuracy),
            ("macro-F1", scores.macro_f1),
            ("weighted F1", scores.weighted_f1),
        )
    ]
    if analysis.comparison is not None:
        lines.append(page.verdict(analysis.comparison))
    return [*lines, str(directory / "index.html")]


def as_json(analysis: Analysis) -> str:
    """Return the figures as JSON, the same as in metrics.json."""
    return json.dumps(metrics.plain(analysis), ensure_ascii=False)
