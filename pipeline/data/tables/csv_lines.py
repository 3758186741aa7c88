"""The lines of a CSV, with a way back to the second line of the record under way: an open quote, which swallows all
lines up to the next one, then costs its own record alone.
"""

from __future__ import annotations

import csv
import os
import re
from collections import deque
from typing import TextIO

LONGEST_RECORD = 2**27
"""Characters; an open quote would otherwise take a file of any size into memory. No longer record can be classified:
SageMaker takes 100 MB at a time."""
LONGEST_KEPT = 2**24
"""Characters, where bad records are skipped: so much is read again, at the most, for each quote that is left open."""

BAD_BYTE = re.compile("[\udc80-\udcff]")
"""What Python's `surrogateescape` makes of a byte that is not of the encoding."""


class RecordLines:
    """An iterator of lines for `csv.reader`, which is told where each record begins.

    Parameters
    ----------
    file : TextIO
        Opened with its line ends as they are.
    keeps_record : bool
        Whether `go_on_behind_first` will be asked for.
    """

    def __init__(self, file: TextIO, keeps_record: bool) -> None:
        self._file = file
        self._keeps_record = keeps_record
        self._longest = LONGEST_KEPT if keeps_record else LONGEST_RECORD
        self._ahead: deque[str] = deque()
        self._record: list[str] = []
        self._length = 0
        self._n_lines = 0
        self.start = 1
        """The line on which the record under way starts."""
        self.has_bad_bytes = False
        """Whether the record under way has bytes that are not of the file's encoding."""

    def __iter__(self) -> RecordLines:
        return self

    def __next__(self) -> str:
        line = self._ahead.popleft() if self._ahead else self._file.readline()
        if not line:
            raise StopIteration
        self._n_lines += 1
        self._length += len(line)
        if self._keeps_record:
            self._record.append(line)
            self.has_bad_bytes = self.has_bad_bytes or (not line.isascii() and BAD_BYTE.search(line) is not None)
        if self._length > self._longest:
            raise csv.Error(f"longer than {self._longest:,} characters")
        return line

    @property
    def n_bytes_read(self) -> int:
        """How far the file, packed as it may be, has been read."""
        return os.lseek(self._file.fileno(), 0, os.SEEK_CUR)

    def peek(self) -> str:
        """Return the next line and leave it there; empty at the end."""
        if not self._ahead and (line := self._file.readline()):
            self._ahead.append(line)
        return self._ahead[0] if self._ahead else ""

    def begin_record(self) -> None:
        """Let the next line be the first of a record."""
        self._record.clear()
        self._length = 0
        self.has_bad_bytes = False
        self.start = self._n_lines + 1

    def go_on_behind_first(self) -> None:
        """Give up the record under way: the line behind its first one begins the next."""
        again = self._record[1:]
        self._ahead.extendleft(reversed(again))
        self._n_lines -= len(again)
        self.begin_record()
