"""The lines of a CSV, with a way back to the second line of the record under way: an open quote, which swallows all
lines up to the next one, then costs its own record alone.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable

LONGEST_KEPT = 2**24
"""Characters: so much is read again, at the most, for each quote that is left open."""

BAD_BYTE = re.compile("[\udc80-\udcff]")
"""What Python's `surrogateescape` makes of a byte that is not of the encoding."""


class RecordLines:
    """An iterator of lines for `csv.reader`, which is told where each record begins.

    Parameters
    ----------
    lines : iterable of str
        With their line ends.
    first : int
        The number of the first of them in the file.
    """

    def __init__(self, lines: Iterable[str], first: int) -> None:
        self._lines = iter(lines)
        self._ahead: deque[str] = deque()
        self._record: list[str] = []
        self._length = 0
        self._next = first
        self.start = first
        """The line on which the record under way starts."""
        self.has_bad_bytes = False
        """Whether the record under way has bytes that are not of the file's encoding."""

    def __iter__(self) -> RecordLines:
        return self

    def __next__(self) -> str:
        line = self._ahead.popleft() if self._ahead else next(self._lines)
        self._next += 1
        self._length += len(line)
        self._record.append(line)
        self.has_bad_bytes = self.has_bad_bytes or (not line.isascii() and BAD_BYTE.search(line) is not None)
        if self._length > LONGEST_KEPT:
            raise csv.Error(f"longer than {LONGEST_KEPT:,} characters")
        return line

    def begin_record(self) -> None:
        """Let the next line be the first of a record."""
        self._record.clear()
        self._length = 0
        self.has_bad_bytes = False
        self.start = self._next

    def go_on_behind_first(self) -> None:
        """Give up the record under way: the line behind its first one begins the next."""
        again = self._record[1:]
        self._ahead.extendleft(reversed(again))
        self._next -= len(again)
        self.begin_record()
