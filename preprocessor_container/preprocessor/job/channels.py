"""Reading the training job's channels: texts with their categories from CSV, and the stop words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import JobRefused
from ..requests.csv_reader import CsvRecord, MalformedCsv, read_csv
from ..requests.line_structure import unstaged
from .resources import n_cpus


@dataclass(frozen=True, slots=True)
class LabelledTexts:
    """The training set: a text and a category per record, in the order of files and lines."""

    texts: list[str]
    categories: list[str]
    n_files: int


@dataclass(frozen=True, slots=True)
class StopWords:
    """The words to leave out, and where the list came from."""

    words: list[str]
    source: str
    sha256: str


def read_texts(directory: Path, text_column: str, label_column: str) -> LabelledTexts:
    """Read every CSV file of a channel, in the order of their names; each begins with a header line.

    Raises
    ------
    JobRefused
        If there is none, or one is not CSV with these columns; the message names file and line.
    """
    paths = csv_files(directory)
    if not paths:
        columns = f"{text_column!r} and {label_column!r}"
        raise JobRefused(f"{directory}: the channel holds no .csv file; give it one with the columns {columns}")
    pairs = [pair for file in _read_files(paths, text_column, label_column) for pair in file]
    if not pairs:
        raise JobRefused(f"{paths[0].name}: there is no record in it; add some below the header line")
    return LabelledTexts([text for text, _ in pairs], [category for _, category in pairs], len(paths))


def csv_files(directory: Path) -> list[Path]:
    """Return a channel's CSV files, in the order of their names."""
    return sorted(directory.glob("**/*.csv"))


def _read_files(paths: list[Path], text_column: str, label_column: str) -> list[list[tuple[str, str]]]:
    n_jobs = min(n_cpus(), len(paths))
    if n_jobs == 1 or sum(path.stat().st_size for path in paths) < _WORTH_PROCESSES:
        return [_read_file(path, text_column, label_column) for path in paths]
    from joblib import Parallel, delayed  # a tenth of the time that a small file takes

    files: list[list[tuple[str, str]]] = Parallel(n_jobs)(
        delayed(_read_file)(path, text_column, label_column) for path in paths
    )
    return files


_WORTH_PROCESSES = 64 * 2**20
"""Bytes; to start processes takes as long as to read some dozen megabytes."""


def _read_file(path: Path, text_column: str, label_column: str) -> list[tuple[str, str]]:
    return list(_read_pairs(path, text_column, label_column))


def _read_pairs(path: Path, text_column: str, label_column: str) -> Iterator[tuple[str, str]]:
    records = _records(path)
    header = next(records, CsvRecord(1, [])).fields
    text_at, label_at = (_column(path, header, name) for name in (text_column, label_column))
    for record in records:
        where = f"{path.name}, line {record.line}"
        if len(record.fields) != len(header):
            found = f"{len(record.fields)} columns where the header line has {len(header)}"
            raise JobRefused(f"{where}: {found}; quote fields that hold commas or newlines")
        if not record.fields[label_at]:
            raise JobRefused(f"{where}: column {label_column!r} is empty; give each text a category")
        yield unstaged(record.fields[text_at]), record.fields[label_at]


def _records(path: Path) -> Iterator[CsvRecord]:
    """Yield the records of a file; what is wrong with it as `JobRefused`."""
    try:
        yield from read_csv(_read_utf8(path))
    except MalformedCsv as error:
        raise JobRefused(f"{path.name}, line {error.line}: {error.reason}") from error


def _column(path: Path, header: Sequence[str], name: str) -> int:
    if header.count(name) != 1:
        found = "more than once" if name in header else "not at all"
        raise JobRefused(
            f"{path.name}, line 1: column {name!r} is there {found}; the header line has {', '.join(map(repr, header))}"
        )
    return header.index(name)


def read_stop_words(directory: Path) -> StopWords:
    """Read `stopwords.txt` (one word per line) and, where it is there, `stopwords.json` with the list's `source`.

    Raises
    ------
    JobRefused
        If the list is not there, or not UTF-8.
    """
    path = directory / "stopwords.txt"
    if not path.is_file():
        raise JobRefused(
            f"{path}: there is no such file; give the channel a list with one word per line (it may be empty)"
        )
    content = _read_utf8(path)
    words = [word for line in content.split("\n") if (word := line.strip())]
    return StopWords(words, _source(directory / "stopwords.json"), hashlib.sha256(path.read_bytes()).hexdigest())


def _source(path: Path) -> str:
    if not path.is_file():
        return "unknown"
    try:
        return str(json.loads(_read_utf8(path))["source"])
    except (ValueError, KeyError, TypeError) as error:
        raise JobRefused(f'{path.name}: expected {{"source": "…"}}, where the list came from') from error


def _read_utf8(path: Path) -> str:
    try:
        return path.read_bytes().decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise JobRefused(
            f"{path.name}, line {line}: not UTF-8 at byte {error.start}; save the file as UTF-8"
        ) from error
