"""The lines of a text, the same on every path: they end in a newline, however the text came.

A staged CSV file holds one record per line, since SageMaker's `SplitType=Line` cuts at every newline, quoted or not; so
each newline inside a text is written there as U+2028 LINE SEPARATOR and read back here. A U+2028 that was in a text
before cannot be told apart from those and becomes a newline too. Other formats carry newlines as they are, and a U+2028
stays one there.
"""

from __future__ import annotations

_STAGED_NEWLINE = "\u2028"


def plain_newlines(text: str) -> str:
    """Turn carriage returns, with a newline behind them or alone, into newlines."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def unstaged(field: str) -> str:
    """Read a text back from a field of a CSV file."""
    return plain_newlines(field).replace(_STAGED_NEWLINE, "\n")
