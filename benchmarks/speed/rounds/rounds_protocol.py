"""How a contender's process is driven: it prepares, prints `ready`, and does one round for each line that it is sent,
answering with the seconds that it took. So contenders take turns, each in its own environment.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def rounds(work: Callable[[], Any]) -> None:
    """Do rounds until standard input ends."""
    print("ready", flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        done = work()
        seconds = time.perf_counter() - began
        del done
        print(seconds, flush=True)


def measured_rounds(work: Callable[[], float]) -> None:
    """Do rounds of work that takes its own time, in seconds."""
    print("ready", flush=True)
    for _ in sys.stdin:
        print(work(), flush=True)


def corpus_and_rounds() -> tuple[dict[str, Any], Callable[[Callable[[], Any]], None]]:
    """Return the corpus named by the first argument, and `rounds`."""
    return json.loads(Path(sys.argv[1]).read_bytes()), rounds
