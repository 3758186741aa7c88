"""`predictions.csv`: what the pipeline said of each record of the test split."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from pipeline.data.csv_files.writing import write_records
from pipeline.report.figures.analysis import Analysis

COLUMNS = (
    "record",
    "category",
    "predicted",
    "right",
    "probability",
    "runner_up",
    "runner_up_probability",
    "category_probability",
    "known_words",
    "unknown_words",
    "stop_words",
)


def write(analysis: Analysis, path: Path) -> None:
    """Write a header and a line for each record, in the order of the test split; records are counted from 1."""
    with path.open("w", encoding="utf-8", newline="") as file:
        write_records(file, chain([COLUMNS], _rows(analysis)))


def _rows(analysis: Analysis) -> Iterator[tuple[object, ...]]:
    names, test, tokens = analysis.categories, analysis.test, analysis.tokens
    for row, probabilities in enumerate(test.probabilities):
        answer, truth = int(test.answers[row]), int(test.split.labels[row])
        others = np.where(np.arange(len(names)) == answer, -1.0, probabilities)
        second = int(others.argmax())
        yield (
            row + 1,
            names[truth],
            names[answer],
            answer == truth,
            float(probabilities[answer]),
            names[second],
            float(probabilities[second]),
            float(probabilities[truth]),
            int(tokens.known[row]),
            int(tokens.unknown[row]),
            int(tokens.stop[row]),
        )
