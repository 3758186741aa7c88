"""What people see while a command works: plain lines on standard error, a moving bar only on a terminal.

Standard output is for answers alone, so that it can be piped.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def say(message: str) -> None:
    """Print one line of progress on standard error."""
    print(message, file=sys.stderr, flush=True)


def warn(message: str) -> None:
    """Print a line that must not be overlooked."""
    say(f"WARNING: {message}")


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
