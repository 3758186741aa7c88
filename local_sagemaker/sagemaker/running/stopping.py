"""How running work is asked to stop: once, with a reason, at any time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum

from local_sagemaker.sagemaker.running.retrying import until_done


class StopReason(Enum):
    """Why work is to stop."""

    BY_USER = "by user"
    OUT_OF_TIME = "out of time"
    SHUT_DOWN = "shut down"


class Stopped(Exception):
    """Raised within the work where it notices that it is to stop."""


class StopRequest:
    """One piece of work's request to stop. The first reason given is the one that counts."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.reason: StopReason | None = None
        self._lock = threading.Lock()
        self._actions: list[Callable[[], None]] = []

    def give(self, reason: StopReason) -> None:
        """Ask the work to stop; what it is doing now is ended by the actions it has set for this."""
        with self._lock:
            if self.reason is not None:
                return
            self.reason = reason
            actions = list(self._actions)
        self.event.set()
        for action in actions:
            until_done("a stop", action)

    def check(self) -> None:
        """Raise `Stopped` if the work is to stop."""
        if self.event.is_set():
            raise Stopped

    @contextmanager
    def on_stop(self, action: Callable[[], None]) -> Iterator[None]:
        """Have `action` called by a request to stop while the block runs.

        Raises
        ------
        Stopped
            At once if the work is to stop already.
        """
        with self._lock:
            given = self.reason is not None
            if not given:
                self._actions.append(action)
        if given:
            raise Stopped
        try:
            yield
        finally:
            with self._lock:
                self._actions.remove(action)


@contextmanager
def time_limit(seconds: float, stop: StopRequest) -> Iterator[None]:
    """Ask the work to stop, as out of time, when the block runs longer than `seconds`."""
    timer = threading.Timer(seconds, stop.give, (StopReason.OUT_OF_TIME,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
