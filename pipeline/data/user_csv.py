"""Anybody's CSV of texts and labels as a data set."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.data.csv_files.delimiters import named_delimiter
from pipeline.data.dataset import Dataset
from pipeline.data.frame import make_frame
from pipeline.data.header_block import with_subject
from pipeline.data.table import Table, quoted
from pipeline.errors import BadInput

_SEED = 0
"""Of the split, so that the same file always gives the same one."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of the file hold what."""

    text: str
    label: str
    subject: str | None = None

    @property
    def names(self) -> list[str]:
        """All of them."""
        return [self.text, self.label, *([] if self.subject is None else [self.subject])]


@dataclass(frozen=True, slots=True)
class FileOptions:
    """How the user says that the files are to be read."""

    encoding: str = "utf-8"
    delimiter: str | None = None
    """As given with `--delimiter`; None: each file is looked at."""


@dataclass(frozen=True, slots=True)
class _Records:
    texts: list[str]
    subjects: list[str]
    categories: list[str]
    left_out: dict[str, int]


def load(path: Path, columns: Columns, test_path: Path | None, test_fraction: float, options: FileOptions) -> Dataset:
    """Read a user's file; the test split is another file of the same columns, or a stratified share of this one.

    Labels may be anything: they are taken as text, and the distinct ones, sorted, are the categories. Records without
    a text are left out and counted.

    Raises
    ------
    BadInput
        If a file or one of its records cannot be used; the message names the file and line.
    """
    records = _read(path, columns, options)
    names = sorted(set(records.categories), key=_in_natural_order)
    if len(names) < 2:
        raise BadInput(
            f"{path}: the column {columns.label!r} holds {len(names)} distinct labels; a classifier needs two or more."
        )
    if test_path is None:
        return Dataset(path.name, *_split(_frame(records, names), test_fraction), dropped=records.left_out)
    test = _read(test_path, columns, options)
    if unknown := sorted(set(test.categories) - set(names)):
        raise BadInput(
            f"{test_path}: the labels {', '.join(map(quoted, unknown[:5]))} never occur in {path}, so nothing can "
            f"learn them."
        )
    dropped = {what: count + test.left_out[what] for what, count in records.left_out.items()}
    return Dataset(path.name, _frame(records, names), _frame(test, names), dropped=dropped)


def _in_natural_order(name: str) -> tuple[bool, float, str]:
    """Sort labels that are numbers by their value, before all others; `nan` is none, as it has no place in an order."""
    try:
        number = float(name)
    except ValueError:
        number = math.nan
    return (False, number, name) if math.isfinite(number) else (True, 0.0, name)


def _read(path: Path, columns: Columns, options: FileOptions) -> _Records:
    table = Table(path, options.encoding, named_delimiter(options.delimiter), columns.names)
    text, label = table.column(columns.text, "--text-column"), table.column(columns.label, "--label-column")
    subject = table.column(columns.subject, "--subject-column") if columns.subject else None
    records = _Records([], [], [], left_out={})
    without_text = 0
    for row in table.rows():
        category = row.fields[label].strip()
        if not category:
            raise BadInput(
                f"{path}, line {row.line}: no label in the column {columns.label!r}. Give the record a label, "
                f"or take it out."
            )
        title = row.fields[subject].strip() if subject is not None else ""
        if not (row.fields[text].strip() or title):
            without_text += 1
            continue
        records.texts.append(with_subject(title, row.fields[text]))
        records.subjects.append(title)
        records.categories.append(" ".join(category.split()))
    if not records.texts:
        raise BadInput(f"{path}: there is no record with a text in the column {columns.text!r}.")
    records.left_out.update({"records without a text": without_text, "empty rows": table.n_blank})
    return records


def _frame(records: _Records, names: list[str]) -> pd.DataFrame:
    return make_frame(records.texts, records.subjects, records.categories, names)


def _split(frame: pd.DataFrame, test_fraction: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Take the test share from each category that has two records or more, so that every category can be learnt."""
    from sklearn.model_selection import train_test_split

    counts = Counter(frame["label"])
    alone = frame["label"].map(lambda label: counts[label] < 2)
    many = frame[~alone]
    if many.empty:
        raise BadInput(
            "Every label has one record alone, so none is left to test with. Name a test split: --test-input."
        )
    n_labels = many["label"].nunique()
    if len(many) * test_fraction < n_labels:
        train, test = _one_of_each(many)
    elif len(many) - math.ceil(len(many) * test_fraction) < n_labels:
        raise _too_large_a_share(test_fraction)
    else:
        train, test = train_test_split(many, test_size=test_fraction, stratify=many["label"], random_state=_SEED)
    if len(set(train["label"])) < n_labels:
        raise _too_large_a_share(test_fraction)
    train = pd.concat([train, frame[alone]])
    return train.sort_index().reset_index(drop=True), test.sort_index().reset_index(drop=True)


def _too_large_a_share(test_fraction: float) -> BadInput:
    return BadInput(
        f"--test-fraction {test_fraction:g} leaves nothing to train on for some label; choose a smaller one, or give "
        f"more records."
    )


def _one_of_each(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split a data set that is too small for its share: one record of each category for the test."""
    test = frame.groupby("label").sample(1, random_state=_SEED)
    return frame.drop(test.index), test
