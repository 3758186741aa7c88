"""Watches whether a model server that runs still answers: asks for `/ping` every few seconds, and never waits."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from local_sagemaker.containers.serving.connections import Connection, NoHttpResponse

if TYPE_CHECKING:
    from pathlib import Path

INTERVAL_SECONDS = 2.0
"""From one request to the next."""

POLL_SECONDS = 0.001
"""That one look at the connection may take; a unix socket connects, or has an answer, at once."""


class HealthCheck:
    """Sends requests to one server, one at a time. One thread reads the result; any may close.

    Parameters
    ----------
    address : Path
        The server's unix socket.
    request : bytes
        The request for `/ping`.
    interval : float
        Seconds from one request to the next.
    """

    def __init__(self, address: Path, request: bytes, interval: float = INTERVAL_SECONDS) -> None:
        self._address = address
        self._request = request
        self._interval = interval
        self._sent = time.monotonic()
        self._unanswered: float | None = None
        self._connection: Connection | None = None
        self._closed = False
        self._lock = threading.Lock()

    def seconds_unanswered(self) -> float:
        """Read an answer or send a request, if it is time to; return for how long none was answered with 200."""
        with self._lock:
            now = time.monotonic()
            if self._connection is not None:
                self._read_response()
            elif not self._closed and now - self._sent >= self._interval:
                self._send(now)
            return 0.0 if self._unanswered is None else now - self._unanswered

    def close(self) -> None:
        """Send no more requests."""
        with self._lock:
            self._closed = True
            self._close_connection()

    def _send(self, now: float) -> None:
        self._sent = now
        try:
            connection = Connection(self._address)
        except OSError:
            return  # this process is short of file descriptors: nothing was asked, so nothing is unanswered
        self._unanswered, self._connection = self._unanswered or now, connection
        try:
            connection.send(self._request, b"", now + self._interval)
        except OSError:
            self._close_connection()

    def _read_response(self) -> None:
        """Read the answer if it is there; a request that failed is sent again."""
        assert self._connection is not None
        try:
            if not self._connection.has_response(POLL_SECONDS):
                return
            if self._connection.receive(time.monotonic() + self._interval).status == 200:
                self._unanswered = None
        except (NoHttpResponse, OSError):
            pass  # the request counts as unanswered
        self._close_connection()

    def _close_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
