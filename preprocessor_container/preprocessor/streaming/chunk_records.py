"""The records of a chunk: a text and a category each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import JobRefused
from ..requests.csv_reader import CsvRecord, MalformedCsv, read_csv
from ..requests.line_structure import plain_newlines, unstaged
from .chunks import Chunk


def read_records(chunk: Chunk, text_column: str, label_column: str) -> list[tuple[str, str]]:
    """Return the texts of a chunk and their categories.

    Raises
    ------
    JobRefused
        If something is wrong with a record; the message names file and line.
    """
    if chunk.is_parquet:
        return _rows(chunk, text_column, label_column)
    text_at, label_at = (_column(chunk.path, chunk.header, name) for name in (text_column, label_column))
    pairs = []
    for record in _records(chunk):
        where = f"{chunk.path.name}, line {record.line}"
        if len(record.fields) != len(chunk.header):
            found = f"{len(record.fields)} columns where the header line has {len(chunk.header)}"
            raise JobRefused(f"{where}: {found}; quote fields that hold commas or newlines")
        if not record.fields[label_at]:
            raise JobRefused(f"{where}: column {label_column!r} is empty; give each text a category")
        pairs.append((unstaged(record.fields[text_at]), record.fields[label_at]))
    return pairs


def _records(chunk: Chunk) -> Iterator[CsvRecord]:
    """Yield the records of a chunk of CSV with their lines in the file; what is wrong with it as `JobRefused`."""
    before = chunk.first_line - 1
    try:
        for record in read_csv(_decoded(chunk)):
            yield CsvRecord(before + record.line, record.fields)
    except MalformedCsv as error:
        raise JobRefused(f"{chunk.path.name}, line {before + error.line}: {error.reason}") from error


def _decoded(chunk: Chunk) -> str:
    try:
        body: bytes = chunk.body
        return body.decode()
    except UnicodeDecodeError as error:
        line = chunk.first_line + error.object.count(b"\n", 0, error.start)
        byte = chunk.first_byte + error.start
        raise JobRefused(f"{chunk.path.name}, line {line}: not UTF-8 at byte {byte}; save the file as UTF-8") from error


def _column(path: Path, header: Sequence[str], name: str) -> int:
    if header.count(name) != 1:
        found = "more than once" if name in header else "not at all"
        raise JobRefused(
            f"{path.name}, line 1: column {name!r} is there {found}; the header line has {', '.join(map(repr, header))}"
        )
    return header.index(name)


def _rows(chunk: Chunk, text_column: str, label_column: str) -> list[tuple[str, str]]:
    texts: list[Any] = chunk.body.column(text_column).to_pylist()
    labels: list[Any] = chunk.body.column(label_column).to_pylist()
    for row, (text, label) in enumerate(zip(texts, labels, strict=True), chunk.first_line):
        where = f"{chunk.path.name}, row {row}"
        if text is None:
            raise JobRefused(f"{where}: column {text_column!r} is null; give each record a text, which may be empty")
        if not label:
            raise JobRefused(f"{where}: column {label_column!r} is empty; give each text a category")
    return [(plain_newlines(text), label) for text, label in zip(texts, labels, strict=True)]
