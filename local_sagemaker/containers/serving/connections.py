"""HTTP/1.1 to a model server on a unix socket: kept-alive connections, spread over the server's workers.

Only what the model server (`inside/serve.py`) says is understood; it is no general HTTP client.
"""

from __future__ import annotations

import io
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEAD_LIMIT = 64 * 1024

LARGEST_ANSWER = 512 * 1024 * 1024
"""What a container may make this process hold; an answer without an end would else take all memory."""

CHUNK = 256 * 1024

FIRST_CHUNK = 8 * 1024
"""Most answers fit into it. Large buffers that are cut down to small answers leave the heap full of holes."""

SPARE = 8
"""With so many idle connections no further one is opened in search of an idle worker."""

SMALL = 64 * 1024
"""A body up to this size goes out in one piece with its head."""


class NoHttpResponse(Exception):
    """The server closed the connection, or answered something that is not HTTP."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """One response; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """One connection; `worker` is the id of the worker behind it once that has answered."""

    def __init__(self, address: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._address = str(address)
        self._answering = False
        self.worker = ""
        self.fresh = True

    def close(self) -> None:
        self._socket.close()

    def exchange(self, head: bytes, body: bytes, deadline: float) -> HttpResponse:
        """Send a request and read its answer.

        Raises
        ------
        ConnectionError
            If the server did not take the whole request, or there is none.
        NoHttpResponse
            If the server took the request and closed the connection.
        TimeoutError
            At the deadline.
        """
        self.send(head, body, deadline)
        return self.receive(deadline)

    def send(self, head: bytes, body: bytes, deadline: float) -> None:
        """Send a request, over a new connection if there is none yet."""
        self._answering = False
        self._set_timeout(deadline)
        if self.fresh:
            self._socket.connect(self._address)
        if len(body) <= SMALL:
            self._socket.sendall(head + body)
        else:
            self._socket.sendall(head)
            self._socket.sendall(body)

    def has_response(self, seconds: float) -> bool:
        """Wait so many seconds at most until there is an answer to read, or an end of file."""
        self._socket.settimeout(seconds)
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return False
        return True

    def receive(self, deadline: float) -> HttpResponse:
        """Read the answer to the request that was sent."""
        answer = self._read_answer(deadline)
        self.fresh = False
        self.worker = answer.headers.get("x-worker", self.worker)
        return answer

    def _set_timeout(self, deadline: float) -> None:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self._socket.settimeout(remaining)

    def _read_answer(self, deadline: float) -> HttpResponse:
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            if len(received) > HEAD_LIMIT:
                raise NoHttpResponse("the answer's head is too long")
            received += self._receive(deadline, FIRST_CHUNK)
        status, headers = _parse_head(received[:end])
        return HttpResponse(status, headers, self._read_body(status, headers, received[end + 4 :], deadline))

    def _read_body(self, status: int, headers: Mapping[str, str], received: bytes, deadline: float) -> bytes:
        """Read the rest of a body, whose length is told as RFC 9112, section 6.3, says."""
        if status in (204, 304):
            return b""
        if headers.get("transfer-encoding") == "chunked":
            return self._read_chunks(received, deadline)
        if "content-length" in headers:
            return self._read_length(received, _length(headers["content-length"], 10), deadline)
        if headers.get("connection") == "close":
            return self._read_to_end(received, deadline)
        raise NoHttpResponse("the answer does not say how long it is")

    def _receive(self, deadline: float, size: int = CHUNK) -> bytes:
        self._set_timeout(deadline)
        try:
            data = self._socket.recv(size)
        except ConnectionError as error:
            if self._answering:
                raise NoHttpResponse("the connection was reset within the answer") from error
            raise  # unread requests are what a unix socket is reset for
        if not data:
            raise NoHttpResponse("the connection was closed without an answer")
        self._answering = True
        return data

    def _read_length(self, received: bytes, length: int, deadline: float) -> bytes:
        if length > LARGEST_ANSWER:
            raise NoHttpResponse(f"the answer is longer than {LARGEST_ANSWER:,} bytes")
        if len(received) == length:
            return received
        body = _body_of(received)
        while body.tell() < length:
            body.write(self._receive(deadline))
        return body.getvalue()

    def _read_to_end(self, received: bytes, deadline: float) -> bytes:
        """Read until the server closes the connection, as one does that knows no length."""
        body = _body_of(received)
        while body.tell() <= LARGEST_ANSWER:
            self._set_timeout(deadline)
            data = self._socket.recv(CHUNK)
            if not data:
                return body.getvalue()
            body.write(data)
        raise NoHttpResponse(f"the answer is longer than {LARGEST_ANSWER:,} bytes")

    def _read_chunks(self, received: bytes, deadline: float) -> bytes:
        body = io.BytesIO()
        left = LARGEST_ANSWER
        while True:
            while (end := received.find(b"\r\n")) < 0:
                received += self._receive(deadline)
            size = _length(received[:end], 16)
            left -= size
            if left < 0:
                raise NoHttpResponse(f"the answer is longer than {LARGEST_ANSWER:,} bytes")
            received = received[end + 2 :]
            if len(received) < size + 2:
                received = self._read_length(received, size + 2, deadline)
            if size == 0:
                return body.getvalue()
            body.write(received[:size])
            received = received[size + 2 :]


def _body_of(received: bytes) -> io.BytesIO:
    """Begin a body with what came with its head; its value, at the end, is no second copy, as joined pieces are."""
    body = io.BytesIO()
    body.write(received)
    return body


def _length(text: str | bytes, base: int) -> int:
    try:
        length = int(text, base)
    except ValueError as error:
        raise NoHttpResponse(f"the answer's length is {text!r}") from error
    if length < 0:
        raise NoHttpResponse(f"the answer's length is {length}")
    return length


def _parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    status_line, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = status_line.partition(" ")
    if not version.startswith("HTTP/1.") or not (rest[:3].isascii() and rest[:3].isdigit()):
        raise NoHttpResponse(f"the answer begins with {status_line!r}")
    fields = (line.partition(":") for line in lines)
    persistence = {"connection": "close"} if version == "HTTP/1.0" else {}
    return int(rest[:3]), {**persistence, **{name.lower(): value.strip() for name, _, value in fields}}


class ConnectionPool:
    """Keeps connections for the next request; thread-safe.

    A worker answers one request at a time, and a kept connection always ends in the same worker. So of the idle
    connections the one is taken whose worker has least to do. If that is busy and there are others, a new connection is
    opened: the first worker that has nothing to do accepts it.

    Parameters
    ----------
    address : Path
        The unix socket.
    workers : int
        How many workers accept connections there.
    """

    def __init__(self, address: Path, workers: int) -> None:
        self._address = address
        self._workers = workers
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._busy: Counter[str] = Counter()
        self._closed = False

    def request(self, head: bytes, body: bytes, timeout: float) -> HttpResponse:
        """Send a request on one of the connections and return its answer.

        A request that a kept-alive connection did not take any more is sent once again, on a new one.

        Raises
        ------
        NoHttpResponse
            If the server closed the connection before it had answered.
        TimeoutError
            If it took longer than `timeout` seconds.
        OSError
            If there is no server.
        """
        deadline = time.monotonic() + timeout
        connection = self._take()
        try:
            answer = self._exchange(connection, head, body, deadline)
        except ConnectionError:
            if connection.fresh:
                raise
            connection = Connection(self._address)
            answer = self._exchange(connection, head, body, deadline)
        self._give_back(connection, answer)
        return answer

    def close(self) -> None:
        """Close the idle connections, and each busy one after its answer."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _exchange(self, connection: Connection, head: bytes, body: bytes, deadline: float) -> HttpResponse:
        worker = connection.worker
        with self._lock:
            self._busy[worker] += 1
        try:
            return connection.exchange(head, body, deadline)
        except BaseException:
            connection.close()
            raise
        finally:
            with self._lock:
                self._busy[worker] -= 1
                if not self._busy[worker]:
                    del self._busy[worker]

    def _take(self) -> Connection:
        with self._lock:
            return self._least_busy() or Connection(self._address)

    def _least_busy(self) -> Connection | None:
        """Take the idle connection whose worker has least to do, the latest used of several; None for a new one."""
        if not self._idle:
            return None
        place = min(range(len(self._idle)), key=lambda place: (self._busy[self._idle[place].worker], -place))
        if self._busy[self._idle[place].worker] and self._workers > 1 and len(self._idle) < SPARE:
            return None
        return self._idle.pop(place)

    def _give_back(self, connection: Connection, answer: HttpResponse) -> None:
        with self._lock:
            if not self._closed and answer.headers.get("connection") != "close":
                self._idle.append(connection)
                return
        connection.close()
