"""What people see while a command works: plain lines on standard error, a moving bar only on a terminal.

Standard output is for answers alone, so that it can be piped.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def say(message: str) -> None:
    """Print one line of progress on standard error."""
    print(message, file=sys.stderr, flush=True)


def warn(message: str) -> None:
    """Print a line that must not be overlooked."""
    say(f"WARNING: {message}")


def interrupted() -> SystemExit:
    """Say that a command was interrupted, and return what it ends with: 130, as shells have it for Ctrl-C.

    CPython notes an interruption that leaves a string under evaluation (imports make classes so), and kills itself by
    SIGINT at its end, caught or not; the next evaluation clears the note (`run_eval_code_obj` in Python/pythonrun.c).
    """
    exec("")  # noqa: S102
    say("Error: Interrupted.")
    return SystemExit(130)


def banner(*lines: str) -> None:
    """Print lines between rulers: for what changes the meaning of every figure that follows."""
    rule = "*" * max(len(line) for line in lines)
    say("\n".join(["", rule, *lines, rule, ""]))


@contextmanager
def progress(total: int, unit: str, label: str) -> Iterator[Any]:
    """Show a bar over `total` units of work on a terminal, one line in a pipe; `update(n)` of the value moves it."""
    from tqdm import tqdm

    on_terminal = sys.stderr.isatty()
    if not on_terminal:
        say(f"{label}: {total:,} {unit}")
    with tqdm(total=total, unit=f" {unit}", desc=label, disable=not on_terminal, leave=False) as bar:
        yield bar


class Rate:
    """How fast a long pass over records goes, and how long it will take: nothing of a short one, on a terminal a line
    that moves, else a line now and then.
    """

    _LOOK_EVERY = 1024
    _FIRST_SECONDS = 3.0

    def __init__(self, label: str) -> None:
        self._label = label
        self._on_terminal = sys.stderr.isatty()
        self._began = time.monotonic()
        self._next = self._began + self._FIRST_SECONDS

    def show_if_due(self, n_records: int) -> None:
        """Say how many records are done, of a number that is not known."""
        if time.monotonic() >= self._next:
            self.show(n_records, 0.0)

    def is_due(self, n_records: int) -> bool:
        """Tell whether there is something to show again; costs next to nothing."""
        return n_records % self._LOOK_EVERY == 0 and time.monotonic() >= self._next

    def show(self, n_records: int, share: float) -> None:
        """Say how many records are done, and which share of all that is."""
        now = time.monotonic()
        seconds = now - self._began
        left = f", {_clock(seconds / share - seconds)} left" if share > 0 else ""
        line = f"{self._label}: {n_records:,} records, {n_records / seconds:,.0f} a second{left}"
        if self._on_terminal:
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
        else:
            say(line)
        self._next = now + (0.5 if self._on_terminal else 10.0)

    def end(self) -> None:
        """Take the moving line away."""
        if self._on_terminal and self._next > self._began + self._FIRST_SECONDS:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


@contextmanager
def rate(label: str) -> Iterator[Rate]:
    """Show how fast a long pass over records goes."""
    shown = Rate(label)
    try:
        yield shown
    finally:
        shown.end()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"
