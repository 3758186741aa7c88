"""Looks at processes from outside, and waits for what will be."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_PATIENCE = 60.0


def working_below(directory: Path) -> list[str]:
    """List the processes whose arguments or environment name a directory."""
    return [line for line in _all() if str(directory) in line]


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "this did not happen"
        time.sleep(0.05)


def _all() -> Iterator[str]:
    """Write each process's number, arguments and environment: from Linux's own files where they are, which takes a
    fraction of ps's time, and who waits for processes asks again and again.
    """
    if not Path("/proc/self").exists():
        listing = subprocess.run(["ps", "axeww", "-o", "pid=,command="], capture_output=True, text=True, check=True)
        yield from listing.stdout.splitlines()
        return
    for name in os.listdir("/proc"):  # noqa: PTH208  # no Path for each of some hundred
        if name.isdecimal():
            yield f"{name} {_words(f'/proc/{name}/cmdline')} {_words(f'/proc/{name}/environ')}"


def _words(file: str) -> str:
    with contextlib.suppress(OSError), open(file, "rb", buffering=0) as opened:  # noqa: PTH123
        return opened.read().replace(b"\0", b" ").decode(errors="replace")
    return ""  # it has ended meanwhile, or is somebody else's
