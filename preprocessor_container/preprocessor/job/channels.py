"""Reading the training job's channels: texts with their categories, and the stop words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import JobRefused
from ..streaming.chunk_records import read_records
from ..streaming.chunks import channel_files, read_chunks
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
    """Read every file of a channel, in the order of their names: CSV, which begins with a header line, gzipped or not,
    and Parquet.

    Raises
    ------
    JobRefused
        If there is none, or one is not what it should be, with these columns; the message names file and line.
    """
    paths = channel_files(directory)
    refuse_none(directory, paths, text_column, label_column)
    pairs = [pair for file in _read_files(paths, text_column, label_column) for pair in file]
    refuse_empty(paths, len(pairs))
    return LabelledTexts([text for text, _ in pairs], [category for _, category in pairs], len(paths))


def refuse_none(directory: Path, paths: Sequence[Path], text_column: str, label_column: str) -> None:
    """See that a channel has files."""
    if not paths:
        columns = f"{text_column!r} and {label_column!r}"
        kinds = "no .csv, .csv.gz or .parquet file"
        raise JobRefused(f"{directory}: the channel holds {kinds}; give it one with the columns {columns}")


def refuse_empty(paths: Sequence[Path], n_records: int) -> None:
    """See that there is a record in the files."""
    if not n_records:
        raise JobRefused(f"{paths[0].name}: there is no record in it; add some below the header line")


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
    columns = text_column, label_column
    return [pair for chunk in read_chunks(path, columns) for pair in read_records(chunk, *columns)]


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
