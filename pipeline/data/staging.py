"""CSV as SageMaker can split it: one line per record, whatever newlines a text holds.

`SplitType=Line` cuts at every newline, quoted or not, so a staged file writes each newline inside a field (`\\r\\n`,
`\\r`, `\\n`) as U+2028 LINE SEPARATOR, which the preprocessor reads back as `\\n`. A U+2028 that was in the text
already comes back as `\\n` too.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO

LINE_SEPARATOR = "\u2028"
EMPTY = '""'
"""A lone empty field."""


def one_line(text: str) -> str:
    """Replace every newline in `text`, so that it can stand on one line of a file."""
    return text.replace("\r\n", LINE_SEPARATOR).replace("\r", LINE_SEPARATOR).replace("\n", LINE_SEPARATOR)


def several_lines(text: str) -> str:
    """Read back what `one_line` wrote."""
    return text.replace(LINE_SEPARATOR, "\n")


def one_field(text: str) -> str:
    """Return what `write_rows` writes of a field among others, at the speed of `str`: `csv` looks at each character."""
    field = one_line(text)
    return '"' + field.replace('"', '""') + '"' if '"' in field or "," in field else field


def one_record(text: str) -> str:
    """Return what `write_rows` writes of a row of one field."""
    return f"{one_field(text) or EMPTY}\n"


def write_rows(file: TextIO, rows: Iterable[Sequence[str]]) -> None:
    """Write `rows` as RFC 4180 CSV, one line each, lines ending in a newline; a lone empty text is written as `""`."""
    csv.writer(file, lineterminator="\n").writerows([one_line(field) for field in row] for row in rows)
