"""What becomes of a record that cannot be used: the command fails at it, or leaves it out and says where it was."""

from __future__ import annotations

from enum import StrEnum

from pipeline.console import warn
from pipeline.errors import BadInput

_SHOWN = 5


class OnBadRecord(StrEnum):
    """What the user chose with `--on-bad-record`."""

    FAIL = "fail"
    SKIP = "skip"


class BadRecords:
    """The bad records of one pass over some files.

    Parameters
    ----------
    choice : OnBadRecord
        Whether the first one ends the pass.
    """

    def __init__(self, choice: OnBadRecord = OnBadRecord.FAIL) -> None:
        self.skips = choice is OnBadRecord.SKIP
        self.count = 0
        self._first: list[str] = []

    def add(self, message: str) -> None:
        """Take note of a bad record; the message says where it is and what is wrong with it.

        Raises
        ------
        BadInput
            With the message, unless bad records are skipped.
        """
        if not self.skips:
            raise BadInput(message)
        self.count += 1
        if len(self._first) < _SHOWN:
            self._first.append(message)

    def report(self) -> None:
        """Say how many were skipped, and where the first ones are."""
        if not self.count:
            return
        what = "record was" if self.count == 1 else "records were"
        warn(f"{self.count:,} bad {what} skipped; {'it is' if self.count == 1 else 'the first'}:")
        for message in self._first:
            warn(f"  {message}")
