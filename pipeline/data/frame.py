"""The form of `train.csv` and `test.csv`: a header line, one line per record; written, read and checked record by
record.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipeline.data.staging import one_field, several_lines
from pipeline.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("data", "data_subject", "label_names", "label")
"""The text, its subject, the category's name, and the category's integer."""


class Record(NamedTuple):
    """One record of a split; its fields are `COLUMNS`."""

    text: str
    subject: str
    category: str
    label: int


def labelled(
    texts: Iterable[str], subjects: Iterable[str], categories: Iterable[str], names: Sequence[str]
) -> Iterator[Record]:
    """Number the categories of records.

    Parameters
    ----------
    texts, subjects, categories : iterable of str
        One entry per record.
    names : sequence of str
        The categories' names; a category's position here is its label.
    """
    labels = {name: label for label, name in enumerate(names)}
    for text, subject, category in zip(texts, subjects, categories, strict=True):
        yield Record(text, subject, category, labels[category])


def write_records(records: Iterable[Record], path: Path) -> None:
    """Write a split as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(COLUMNS) + "\n")
        for text, subject, name, label in records:
            file.write(f"{one_field(text)},{one_field(subject)},{one_field(name)},{label}\n")


def read_records(path: Path) -> Iterator[Record]:
    """Read back what `write_records` wrote, one record at a time; newlines inside texts are restored.

    Raises
    ------
    BadInput
        If the file does not hold these columns, a label is no integer, or a category has two labels.
    """
    with path.open(encoding="utf-8", newline="\n") as file:
        for text, subject, category, label in _checked(file, path):
            yield Record(several_lines(text), several_lines(subject), category, label)


def check_records(path: Path) -> None:
    """Read a split for its faults alone; raises as `read_records` does."""
    with path.open(encoding="utf-8", newline="\n") as file:
        for _ in _checked(file, path):
            pass


def count_records(path: Path) -> int:
    """Return how many records a split holds, by its lines alone."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(2**20), b"")) - 1


def read_frame(path: Path) -> pd.DataFrame:
    """Read a whole split as a frame with the columns `COLUMNS`: three of str, `label` of int64; raises as
    `read_records` does.
    """
    import pandas as pd

    frame = pd.DataFrame(list(read_records(path)), columns=list(COLUMNS))
    return frame.astype({**dict.fromkeys(COLUMNS[:3], "object"), "label": "int64"})


def _checked(file: Iterable[str], path: Path) -> Iterator[Record]:
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # the default, 131,072, is shorter than some posts
    reader = csv.reader(file, strict=True)
    try:
        _check_header(next(reader, []), path)
        known = _Labels(path)
        for fields in reader:
            if len(fields) != len(COLUMNS):
                raise _wrong(f"{path}, line {reader.line_num}: {len(fields)} fields where {len(COLUMNS)} are expected")
            text, subject, category, label = fields
            yield Record(text, subject, category, known.number(category, label, reader.line_num))
    except (csv.Error, UnicodeDecodeError) as error:
        raise _wrong(f"{path}, line {reader.line_num}: {error}") from error


def _check_header(header: Sequence[str], path: Path) -> None:
    if tuple(header) != COLUMNS:
        raise _wrong(f"{path}: the columns are {', '.join(header)}; expected {', '.join(COLUMNS)}")


class _Labels:
    """The categories of a file as they come, and the label of each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._by_category: dict[str, tuple[str, int]] = {}
        self._taken: set[int] = set()

    def number(self, category: str, label: str, line: int) -> int:
        known = self._by_category.get(category)
        if known is not None and known[0] == label:
            return known[1]
        if not (label.isascii() and label.isdigit()):
            raise _wrong(f"{self._path}, line {line}: the label {label!r} is no integer")
        if known is not None or int(label) in self._taken:
            raise _wrong(f"{self._path}: labels and categories do not go together one to one")
        self._taken.add(int(label))
        self._by_category[category] = (label, int(label))
        return int(label)


def _wrong(what: str) -> BadInput:
    return BadInput(f"{what}. Run `python -m pipeline prepare`.")
