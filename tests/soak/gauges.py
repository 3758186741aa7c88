"""Memory and open files of the server, sampled from outside."""

from __future__ import annotations

import statistics
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

_EVERY = 2.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One look: seconds since the beginning, resident set in KiB, open files."""

    seconds: float
    resident: int
    files: int


def look(pid: int, began: float) -> Sample:
    """Look at a process with `ps`, and at its files in `/proc` or with `lsof`."""
    resident = int(subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True).stdout)
    return Sample(time.monotonic() - began, resident, _open_files(pid))


def _open_files(pid: int) -> int:
    listed = Path(f"/proc/{pid}/fd")
    if listed.exists():
        return len(list(listed.iterdir()))
    found = subprocess.run(["lsof", "-p", str(pid), "-Ff"], capture_output=True, text=True, check=True).stdout
    return sum(line[1:].isdigit() for line in found.splitlines() if line.startswith("f"))


class Gauges:
    """Looks every other second until stopped."""

    def __init__(self, pid: int) -> None:
        self.samples: list[Sample] = []
        self._pid = pid
        self._began = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        """Look once more, and no more."""
        self._stop.set()
        self._thread.join()

    def around(self, first: float, last: float) -> Sample:
        """Take the medians of the samples from one second to another: within 20 s there is always one update."""
        chosen = [sample for sample in self.samples if first <= sample.seconds <= last]
        return Sample(
            last,
            round(statistics.median(sample.resident for sample in chosen)),
            round(statistics.median(sample.files for sample in chosen)),
        )

    def _watch(self) -> None:
        while not self._stop.wait(_EVERY):
            self.samples.append(look(self._pid, self._began))
