"""The frame that every data set becomes, its file form, and the checks on reading it back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.data.staging import several_lines, write_rows
from pipeline.errors import BadInput

COLUMNS = ("data", "data_subject", "label_names", "label")
"""The text, its subject, the category's name, and the category's integer."""


def make_frame(
    texts: Sequence[str], subjects: Sequence[str], categories: Sequence[str], names: Sequence[str]
) -> pd.DataFrame:
    """Put records into the frame.

    Parameters
    ----------
    texts, subjects, categories : sequence of str
        One entry per record.
    names : sequence of str
        The categories' names; a category's position here is its label.

    Returns
    -------
    pandas.DataFrame
        With the columns `COLUMNS`: three of str, `label` of int64.
    """
    labels = {name: label for label, name in enumerate(names)}
    return pd.DataFrame(
        {
            "data": list(texts),
            "data_subject": list(subjects),
            "label_names": list(categories),
            "label": pd.Series([labels[category] for category in categories], dtype="int64"),
        },
        columns=list(COLUMNS),
    )


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write `frame` as CSV: a header line, then one line per record."""
    with path.open("w", encoding="utf-8", newline="") as file:
        write_rows(file, [COLUMNS])
        write_rows(file, zip(*(frame[column].astype(str) for column in COLUMNS), strict=True))


def read_frame(path: Path) -> pd.DataFrame:
    """Read back what `write_frame` wrote; newlines inside texts are restored.

    Raises
    ------
    BadInput
        If the file does not hold the columns of the frame, a label is no integer, or a category has two labels.
    """
    frame = pd.read_csv(
        path, dtype=str, keep_default_na=False, skip_blank_lines=False, encoding="utf-8", lineterminator="\n"
    )
    if tuple(frame.columns) != COLUMNS:
        raise BadInput(
            f"{path}: the columns are {', '.join(frame.columns)}; expected {', '.join(COLUMNS)}. Run `python -m "
            f"pipeline prepare`."
        )
    wrong = frame.index[~frame["label"].str.fullmatch(r"\d+")]
    if len(wrong):
        raise BadInput(
            f"{path}, line {wrong[0] + 2}: the label {frame['label'][wrong[0]]!r} is no integer. Run `python -m "
            f"pipeline prepare`."
        )
    frame["label"] = frame["label"].astype("int64")
    if (
        frame.groupby("label")["label_names"].nunique().gt(1).any()
        or frame.groupby("label_names")["label"].nunique().gt(1).any()
    ):
        raise BadInput(
            f"{path}: labels and categories do not go together one to one. Run `python -m pipeline prepare`."
        )
    for column in ("data", "data_subject"):
        frame[column] = frame[column].map(several_lines)
    return frame
