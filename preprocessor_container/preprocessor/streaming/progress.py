"""Lines that say how far a job is: records per second, and the time left."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

SECONDS_BETWEEN_LINES = 10.0


@dataclass(slots=True)
class Progress:
    """Says how far a walk through files is, now and then."""

    what: str
    """What is being done with the records, as a participle."""
    n_bytes: int
    """Of all files of the walk: what is left is judged by them."""
    done_before: int = 0
    """Bytes that an earlier job did."""
    _began: float = field(default_factory=lambda: time.monotonic())
    _said: float = field(default_factory=lambda: time.monotonic())
    _records: int = 0
    _bytes: int = 0

    def add(self, n_records: int, n_bytes: int) -> None:
        """Take note of records that are done, and say so if nothing was said for a while."""
        self._records += n_records
        self._bytes += n_bytes
        if time.monotonic() - self._said >= SECONDS_BETWEEN_LINES:
            self.say()

    def say(self) -> None:
        """Say how far the walk is."""
        self._said = time.monotonic()
        seconds = max(self._said - self._began, 1e-3)
        left = max(self.n_bytes - self.done_before - self._bytes, 0) / max(self._bytes, 1) * seconds
        share = (self.done_before + self._bytes) / max(self.n_bytes, 1)
        rate = self._records / seconds
        line = f"{self.what} {self._records:,} records, {rate:,.0f} records per second"
        print(f"{line}; {min(share, 1):.0%} of the bytes are done, about {left:,.0f} s are left", flush=True)
