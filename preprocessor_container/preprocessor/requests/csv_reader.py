"""RFC 4180 CSV, read strictly: what is not plainly a record is refused with its place, never guessed at.

Python's `csv` takes a lone carriage return for the end of a record and a blank line for no record at all, so that row
counts drift; it also holds fields to a length that is global to the process. Here records are what SageMaker's line
splitter makes of the same bytes, quoted newlines apart: a blank line is a record with one empty field (the RFC's
grammar), and a lone carriage return is a character of its field (pandas and older Pythons write it without quotes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_FIELDS = 10_000
"""In one record; each costs some sixty bytes of memory, and may be one byte."""

_BARE_FIELD = re.compile(r"[^,\n]*+")


@dataclass(frozen=True, slots=True)
class CsvRecord:
    """One record: its fields, and the line of the text that it begins on, counted from 1."""

    line: int
    fields: list[str]


class MalformedCsv(ValueError):
    """The text is not CSV at `record` and `line`, both counted from 1."""

    def __init__(self, reason: str, record: int, line: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.record = record
        self.line = line


def read_csv(text: str) -> Iterator[CsvRecord]:
    """Yield the records of `text`; a newline at the very end begins no further record.

    Raises
    ------
    MalformedCsv
        If a quoted field is left open, text follows a closing quote, or a record has too many fields.
    """
    position, line, number = 0, 1, 1
    while position < len(text):
        start = position
        try:
            fields, end = _read_fields(text, position)
            position = _after_newline(text, end)
        except ValueError as error:
            raise MalformedCsv(str(error), number, line) from error
        yield CsvRecord(line, fields)
        line += text.count("\n", start, end) + 1
        number += 1


def read_plain_column(text: str) -> list[str] | None:
    """Return the fields of CSV with one field a record and no newline in any, as SageMaker's line splitter needs it;
    None for any other text, which `read_csv` can tell more about.
    """
    if "\r" in text:
        return None
    fields = text.removesuffix("\n").split("\n") if text else []
    for number, line in enumerate(fields):
        if line.startswith('"'):
            field = line[1:-1]
            if '"' in field:
                if '"' in field.replace('""', ""):
                    return None
                field = field.replace('""', '"')
            if len(line) < 2 or not line.endswith('"'):
                return None
            fields[number] = field
        elif "," in line:
            return None
    return fields


def _read_fields(text: str, position: int) -> tuple[list[str], int]:
    """Read one record's fields from `position`; return them and where they end."""
    fields: list[str] = []
    while True:
        value, end = _read_quoted(text, position) if text.startswith('"', position) else _read_bare(text, position)
        fields.append(value)
        if len(fields) > MAX_FIELDS:
            raise ValueError(f"it has more than {MAX_FIELDS:,} fields; put a text that holds commas in quotes")
        if not text.startswith(",", end):
            return fields, end
        position = end + 1


def _read_quoted(text: str, position: int) -> tuple[str, int]:
    end = text.find('"', position + 1)
    has_quotes = False
    while text.startswith('""', end):
        has_quotes = True
        end = text.find('"', end + 2)
    if end < 0:
        raise ValueError("a quoted field is not closed; write each quote inside a quoted field twice")
    value = text[position + 1 : end]
    return (value.replace('""', '"') if has_quotes else value), end + 1


def _read_bare(text: str, position: int) -> tuple[str, int]:
    match = _BARE_FIELD.match(text, position)
    assert match is not None
    end = match.end()
    if text.startswith("\r\n", end - 1) and end > position:
        end -= 1
    return text[position:end], end


def _after_newline(text: str, end: int) -> int:
    """Return where the next record begins, given where this one's fields end."""
    if end == len(text) or text[end] == "\n":
        return end + 1
    if text.startswith("\r\n", end):
        return end + 2
    raise ValueError(f"{text[end]!r} follows a closing quote; write each quote inside a quoted field twice")
