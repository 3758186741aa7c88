"""Looks at processes from outside, and waits for what will be."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

_PATIENCE = 60.0


def working_below(directory: Path) -> list[str]:
    """List the processes whose arguments or environment name a directory."""
    listing = subprocess.run(["ps", "axeww", "-o", "pid=,command="], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if str(directory) in line]


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "this did not happen"
        time.sleep(0.02)
