"""Memory of processes, sampled from outside."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

import psutil

_EVERY_SECONDS = 0.25


def tree(pid: int) -> list[psutil.Process]:
    """Return a process and all below it."""
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def unique_bytes(process: psutil.Process) -> int:
    """Return what would be free if the process ended: its memory without what it shares."""
    return int(process.memory_full_info().uss)


def resident_bytes(process: psutil.Process) -> int:
    """Return the resident set."""
    return int(process.memory_info().rss)


class PeakMemory:
    """Adds up the resident sets of a process and all below it, four times a second, and keeps the most."""

    def __init__(self, pid: int) -> None:
        self.bytes = 0
        self._pid = pid
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(_EVERY_SECONDS):
            self.bytes = max(self.bytes, total(self._pid, resident_bytes))


def total(pid: int, measure: Callable[[psutil.Process], int]) -> int:
    """Add a measure up over a process and all below it; those that end meanwhile count for nothing."""
    found = 0
    for process in tree(pid):
        try:
            found += measure(process)
        except psutil.NoSuchProcess:
            continue
    return found
