"""Feels whether a model server is still alive behind its process: asks for `/ping` now and then, and never waits."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from local_sagemaker.containers.serving.connections import Connection, NoAnswer

if TYPE_CHECKING:
    from pathlib import Path

EVERY = 2.0
"""Seconds from one question to the next."""

MOMENT = 0.001
"""Seconds that one look may take; a unix socket connects, or has an answer, at once."""


class Pulse:
    """Asks one server, one question at a time. Only one thread looks; any may close.

    Parameters
    ----------
    address : Path
        The server's unix socket.
    question : bytes
        The request for `/ping`.
    every : float
        Seconds from one question to the next.
    """

    def __init__(self, address: Path, question: bytes, every: float = EVERY) -> None:
        self._address = address
        self._question = question
        self._every = every
        self._asked = time.monotonic()
        self._unanswered: float | None = None
        self._connection: Connection | None = None
        self._closed = False
        self._lock = threading.Lock()

    def silence(self) -> float:
        """Look once, ask if it is time to, and return for how many seconds no question was answered with 200."""
        with self._lock:
            now = time.monotonic()
            if self._connection is not None:
                self._look()
            elif not self._closed and now - self._asked >= self._every:
                self._ask(now)
            return 0.0 if self._unanswered is None else now - self._unanswered

    def close(self) -> None:
        """Ask no more."""
        with self._lock:
            self._closed = True
            self._hang_up()

    def _ask(self, now: float) -> None:
        self._asked = now
        try:
            connection = Connection(self._address)
        except OSError:
            return  # this process is short of file descriptors: nothing was asked, so silence would say nothing
        self._unanswered, self._connection = self._unanswered or now, connection
        try:
            connection.send(self._question, b"", now + self._every)
        except OSError:
            self._hang_up()

    def _look(self) -> None:
        """Read the answer if it is there; a question that failed is asked again."""
        assert self._connection is not None
        try:
            if not self._connection.has_answer(MOMENT):
                return
            if self._connection.receive(time.monotonic() + self._every).status == 200:
                self._unanswered = None
        except (NoAnswer, OSError):
            pass  # it is as if it had not answered: the silence goes on
        self._hang_up()

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
