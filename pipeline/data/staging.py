"""CSV as SageMaker can split it: one line per record, whatever newlines a text holds.

`SplitType=Line` cuts at every newline, quoted or not, so a staged file writes each newline inside a field (`\\r\\n`,
`\\r`, `\\n`) as U+2028 LINE SEPARATOR, which the preprocessor reads back as `\\n`. A U+2028 that was in the text
already comes back as `\\n` too.
"""

from __future__ import annotations

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
    """Return what `csv` writes of a field among others, on one line, but not by a look at each character."""
    field = one_line(text)
    return '"' + field.replace('"', '""') + '"' if '"' in field or "," in field else field


def one_record(text: str) -> str:
    """Return what `csv` writes of a row of one field, on one line."""
    return f"{one_field(text) or EMPTY}\n"
