"""Does again, after a pause, what has to be done but failed for want of disk, memory, threads or file descriptors."""

from __future__ import annotations

import itertools
import logging
import sqlite3
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

SHORTAGES = (OSError, MemoryError, RuntimeError, sqlite3.Error)
"""What is raised when something runs out; a thread that cannot be started is a RuntimeError."""

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
_log = logging.getLogger(__name__)


def until_done(what: str, action: Callable[[], T]) -> T:
    """Do something that can be done twice; when the machine runs out of something, again after a pause."""
    for attempt in itertools.count():
        try:
            return action()
        except SHORTAGES:
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempt, 10))
            _log.exception("%s did not succeed, and is tried again in %g s", what, pause)
        threading.Event().wait(pause)
    raise AssertionError("the count has no end")
