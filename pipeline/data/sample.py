"""The bundled sample corpus: short original posts in the 20 categories, for machines that cannot have 20 Newsgroups."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.frame import make_frame
from pipeline.data.header_block import with_subject

NAME = "sample corpus"
DIRECTORY = Path(__file__).parent / "sample_corpus"


def load() -> Dataset:
    """Read the corpus that comes with the project (30 train and 30 test posts in each category)."""
    names = sorted({row["category"] for row in _rows("train")})
    return Dataset(NAME, _frame("train", names), _frame("test", names))


def _rows(split: str) -> list[dict[str, str]]:
    with (DIRECTORY / f"{split}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _frame(split: str, names: list[str]) -> pd.DataFrame:
    rows = _rows(split)
    texts = [with_subject(row["subject"], row["text"]) for row in rows]
    return make_frame(texts, [row["subject"] for row in rows], [row["category"] for row in rows], names)
