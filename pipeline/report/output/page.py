"""`index.html`: one file with everything in it, that asks no network for anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib as mpl
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipeline.report.figures.analysis import Analysis
from pipeline.report.figures.model.comparison import Comparison
from pipeline.report.output.choice import choice
from pipeline.report.output.tables import fixed, size, tables, whole
from pipeline.report.plots.figure_files import PageFigure, font

_TEMPLATE = Path(__file__).parent / "template"
_FONT_FILE = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


@dataclass(frozen=True, slots=True)
class ContentsEntry:
    """An entry of the table of contents."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Section(ContentsEntry):
    """An entry with entries of its own."""

    parts: tuple[ContentsEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """One of the figures at the head of the page."""

    name: str
    value: str
    more: str


_CONTENTS = (
    Section("summary", "Summary"),
    Section(
        "data",
        "The data",
        (
            ContentsEntry("counts", "Records"),
            ContentsEntry("lengths", "Text lengths"),
            ContentsEntry("duplicates", "Duplicates"),
            ContentsEntry("matrix", "Vocabulary and matrix"),
            ContentsEntry("words", "Words"),
            ContentsEntry("clouds", "Word clouds"),
        ),
    ),
    Section(
        "model",
        "The model",
        (
            ContentsEntry("scores", "Scores by category"),
            ContentsEntry("confusion", "Confusion matrix"),
            ContentsEntry("curves", "ROC and precision-recall"),
            ContentsEntry("reliability", "Honest probabilities?"),
            ContentsEntry("coverage", "Unsure texts to a person"),
            ContentsEntry("slices", "Where it is right"),
            ContentsEntry("telling", "Most telling words"),
            ContentsEntry("mistakes", "Most confidently wrong"),
        ),
    ),
)


def render(analysis: Analysis, figures: Sequence[PageFigure]) -> str:
    """Return the page."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATE), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters.update(whole=whole, fixed=fixed)
    drawn = [replace(figure, svg=Markup(figure.svg)) for figure in figures]  # noqa: S704  (matplotlib escapes texts)
    return environment.get_template("page.html.jinja").render(
        facts=analysis.facts,
        data=analysis.data,
        model=analysis.model,
        comparison=analysis.comparison,
        verdict=verdict(analysis.comparison) if analysis.comparison else "",
        contents=_contents(analysis),
        cards=_cards(analysis),
        choice=choice(analysis.facts.selection),
        tables=tables(analysis),
        figures={figure.name: figure for figure in drawn},
        clouds=[f"cloud-{label + 1:03d}" for label in range(len(analysis.categories))],
        without_tests=[count.category for count in analysis.data.counts if not count.test],
        font=font(list(figures), _FONT_FILE),
        css=_source("page.css"),
        js=_source("page.js"),
    )


def verdict(found: Comparison) -> str:
    """Say in a sentence whether the two models differ."""
    p = found.mcnemar.mid_p
    better, worse = (
        (found.one.name, found.other.name) if found.accuracy.value >= 0 else (found.other.name, found.one.name)
    )
    only = sorted((found.mcnemar.only_one, found.mcnemar.only_other), reverse=True)
    counts = f"McNemar's test: mid-p {p:.2g}, exact p {found.mcnemar.exact:.2g}"
    if p > 0.05:
        return f"The difference in accuracy could well be chance ({counts})."
    return (
        f"{better} is more accurate than {worse}: it alone got {only[0]:,} records right, the other alone {only[1]:,} "
        f"({counts})."
    )


def _contents(analysis: Analysis) -> list[Section]:
    compared = [Section("comparison", f"Compared with {analysis.comparison.other.name}")] if analysis.comparison else []
    return [*_CONTENTS, *compared, Section("method", "How this was made")]


def _cards(analysis: Analysis) -> list[Card]:
    scores, matrix = analysis.model.scores, analysis.data.matrix
    intervals = (("Accuracy", scores.accuracy), ("Macro-F1", scores.macro_f1), ("Weighted F1", scores.weighted_f1))
    surest = next(point for point in analysis.model.coverages if point.coverage <= 0.81)
    return [
        *(
            Card(name, f"{found.value:.2%}", f"95% interval {found.low:.2%} to {found.high:.2%}")
            for name, found in intervals
        ),
        Card("On the surest 80%", f"{surest.accuracy.value:.2%}", f"accuracy; {whole(surest.to_a_person)} to a person"),
        Card(
            "Records",
            whole(analysis.data.train_records + analysis.data.test_records),
            f"{whole(analysis.data.train_records)} train, {whole(analysis.data.test_records)} test, "
            f"{len(analysis.categories)} categories",
        ),
        Card(
            "Vocabulary",
            whole(matrix.vocabulary),
            f"{matrix.nonzeros_per_row:.2f} terms a record, {size(matrix.sparse_bytes)}",
        ),
    ]


def _source(name: str) -> Markup:
    return Markup((_TEMPLATE / name).read_text(encoding="utf-8"))  # noqa: S704  (files of this package)
