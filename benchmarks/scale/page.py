"""`docs/scale.md`: tables of what was measured, in a template that holds the words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

from benchmarks import markdown
from benchmarks.scale.posts import N_TOPICS
from benchmarks.scale.verdicts import PLAIN, per_record, verdicts
from benchmarks.scale.word_law import MEAN_LENGTH, REPEATED, different_words_among

_TEMPLATE = Path(__file__).parent / "page.md"
_TRAINING_STEPS = ("prepare", "preprocessor", "features", "classifier", "spark")
_MEGABYTE = 1e6
_BILLION = 1_000_000_000
_BYTES_A_POST = 1_280


def page(figures: dict[str, Any]) -> str:
    """Return the page."""
    training, batch = figures["training"], figures["batch"]
    largest = max((row for row in training if row["what"] == PLAIN), key=lambda row: int(row["records"]))
    terms = largest["facts"]["vocabulary"]
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        machine=figures["machine"],
        verdicts="\n".join(verdict.line for verdict in verdicts(figures)),
        times=times(training),
        memory=memory(training, _TRAINING_STEPS),
        plan=plan(largest, figures["cores"]),
        terms=f"{terms:,}",
        sums=f"{terms * N_TOPICS * 8 / _MEGABYTE:.0f}",
        terabytes=f"{_BILLION * _BYTES_A_POST / 1e12:.1f}",
        words=f"{different_words_among(_BILLION * MEAN_LENGTH * (1 - REPEATED)) / 1e6:.0f}",
        engines=engines(figures.get("engines", [])),
        batch_times=times(batch),
        batch_memory=memory(batch, ("batch-transform",)),
    )


def plan(row: dict[str, Any], cores: int) -> str:
    """Return a table of each step's rate per core, and of what that makes of a billion posts."""
    lines = []
    for step, seconds in row["seconds"].items():
        rate = row["records"] / (seconds * cores)
        lines.append(f"| {step} | {rate:,.0f} | {_BILLION / rate / 3600:,.0f} |")
    return "\n".join(lines)


def engines(rows: Sequence[dict[str, Any]]) -> str:
    """Return a table of how the models of each engine differ from those that are trained in memory."""
    columns = [
        *("data, profile", "engine", "terms and their order", "counts", "choice", "sums off by", "term weights off by"),
        *("classifier's weights off by", "other answers", "measured"),
    ]
    return markdown.table(
        columns,
        (
            [
                f"{row['dataset']}, `{row['profile']}`",
                row["engine"],
                *("the same" if row[name] else "**others**" for name in ("same_terms", "same_counts", "same_choice")),
                f"{row['sums']:.1g}",
                f"{row['term_weights_ulp']} ulp",
                f"{row['weights_ulp']} ulp ({row['n_weights_off']} by more than one)",
                f"{row['n_other_answers']} of {row['n_texts']:,}",
                row["measured"],
            ]
            for row in sorted(rows, key=lambda row: (row["dataset"], row["profile"], row["engine"]))
        ),
    )


def times(rows: Sequence[dict[str, Any]]) -> str:
    """Return a table of seconds by step, and of the time per record beside that of the fewest records."""
    steps = [step for step in (*_TRAINING_STEPS, "batch-transform") if any(step in row["seconds"] for row in rows)]
    columns = ["what", "records", *(f"{step}, s" for step in steps), "in all, s", "µs a record", "×", "measured"]
    lines = []
    for row in sorted(rows, key=_by_name_and_size):
        cells = [f"{row['seconds'][step]:.0f}" if step in row["seconds"] else "" for step in steps]
        fewest = min((other for other in rows if other["what"] == row["what"]), key=lambda other: other["records"])
        ratio = per_record(row) / per_record(fewest)
        figures = f"{sum(row['seconds'].values()):.0f}", f"{per_record(row) * 1e6:,.0f}", f"{ratio:.2f}"
        lines.append([row["what"], f"{row['records']:,}", *cells, *figures, row["measured"]])
    return markdown.table(columns, lines)


def memory(rows: Sequence[dict[str, Any]], steps: Sequence[str]) -> str:
    """Return a table of the most memory that each part took in each step."""
    places = [
        (step, part)
        for step in steps
        for part in ("command", "server", "preprocessor", "classifier", "serving", "processing")
        if any(part in row["peaks"].get(step, {}) for row in rows)
    ]
    lines = []
    for row in sorted(rows, key=_by_name_and_size):
        sizes = (row["peaks"].get(step, {}).get(part) for step, part in places)
        cells = ["" if size is None else f"{size / _MEGABYTE:,.0f}" for size in sizes]
        lines.append([row["what"], f"{row['records']:,}", *cells])
    return markdown.table(["what", "records", *(f"{step}: {part}" for step, part in places)], lines)


def _by_name_and_size(row: dict[str, Any]) -> tuple[str, int]:
    return row["what"], row["records"]
