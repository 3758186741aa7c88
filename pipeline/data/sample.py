"""The bundled sample corpus: short original posts in the 20 categories, for machines that cannot have 20 Newsgroups."""

from __future__ import annotations

import csv
from pathlib import Path

from pipeline.data.dataset import Bundled
from pipeline.data.frame import Record, labelled
from pipeline.data.header_block import with_subject

NAME = "sample corpus"
DIRECTORY = Path(__file__).parent / "sample_corpus"


def load() -> Bundled:
    """Read the corpus that comes with the project (30 train and 30 test posts in each category)."""
    names = sorted({row["category"] for row in _rows("train")})
    return Bundled(NAME, names, _records("train", names), _records("test", names))


def _rows(split: str) -> list[dict[str, str]]:
    with (DIRECTORY / f"{split}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _records(split: str, names: list[str]) -> list[Record]:
    rows = _rows(split)
    texts = [with_subject(row["subject"], row["text"]) for row in rows]
    return list(labelled(texts, [row["subject"] for row in rows], [row["category"] for row in rows], names))
