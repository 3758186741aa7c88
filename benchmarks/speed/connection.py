"""HTTP clients for the load: Python's standard one, for how long a request takes, and one that is little more than a
socket, for how many a machine answers that clients and servers share.
"""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server takes its requests."""

    port: int
    path: str = "/invocations"


class RequestFailed(Exception):
    """A server under test answered something else than 200."""


class Connection(Protocol):
    """A kept-alive connection."""

    def ask(self, body: bytes) -> bytes:
        """Send a body and return the answer's; `RequestFailed` if that is no 200."""

    def close(self) -> None:
        """Close it; the next request opens another."""


Connect = Callable[[Place, Mapping[str, str]], Connection]
"""Makes a connection whose requests all have the same headers."""


class StandardConnection:
    """A kept-alive connection of `http.client`, opened anew where the server has closed it meanwhile."""

    def __init__(self, place: Place, headers: Mapping[str, str]) -> None:
        self._place = place
        self._headers = dict(headers)
        self._connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=120)

    def ask(self, body: bytes) -> bytes:
        """Send a body and return the answer's."""
        try:
            return self._exchange(body)
        except (ConnectionError, http.client.RemoteDisconnected):
            self.close()
            return self._exchange(body)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _exchange(self, body: bytes) -> bytes:
        self._connection.request("POST", self._place.path, body, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != http.client.OK:
            raise RequestFailed(f"a server under test answered {answer.status}: {content[:200]!r}")
        return content


class LeanConnection:
    """A kept-alive connection, opened anew where the server has closed it meanwhile."""

    def __init__(self, place: Place, headers: Mapping[str, str]) -> None:
        self._place = place
        lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
        self._head = f"POST {place.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{''.join(lines)}Content-Length: ".encode()
        self._socket: socket.socket | None = None

    def ask(self, body: bytes) -> bytes:
        """Send a body and return the answer's.

        Raises
        ------
        RequestFailed
            If it is not a 200 with a Content-Length.
        """
        request = self._head + str(len(body)).encode() + b"\r\n\r\n" + body
        try:
            return self._exchange(request)
        except (ConnectionError, EOFError):
            self.close()
            return self._exchange(request)

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, request: bytes) -> bytes:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._place.port), timeout=120)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        received = self._receive()
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._receive()
        length = _length(received[:end])
        pieces, missing = [received[end + 4 :]], length - (len(received) - end - 4)
        while missing > 0:
            pieces.append(self._receive())
            missing -= len(pieces[-1])
        return b"".join(pieces)

    def _receive(self) -> bytes:
        assert self._socket is not None
        received = self._socket.recv(1 << 20)
        if not received:
            raise EOFError
        return received


def _length(head: bytes) -> int:
    status, *lines = head.decode("latin-1").split("\r\n")
    if status.split(" ")[1] != "200":
        raise RequestFailed(f"a server under test answered {status!r}")
    fields = dict(line.lower().split(":", 1) for line in lines)
    return int(fields["content-length"])
