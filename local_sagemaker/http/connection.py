"""A client's connection: what cheroot reads and writes it by, without the pure Python of cheroot's own streams."""

from __future__ import annotations

import io
import select
import socket
from typing import Any

import cheroot.makefile
import cheroot.server

from local_sagemaker.http.plain_invocations import PlainFirst

_NEXT_MILLISECONDS = 20
"""How long a thread waits for a client's next request. To hand the connection back to the thread that looks after idle
ones, and get it again from there, takes two switches of threads.
"""


class Connection(cheroot.server.HTTPConnection):
    """Reads by Python's own buffers; cheroot's are those of `_pyio`, which take ten times as long for the lines of a
    request.
    """

    RequestHandlerClass = PlainFirst

    def __init__(self, server: Any, socket_: socket.socket, makefile: Any = None) -> None:
        super().__init__(server, socket_, _stream)
        self._arrivals = select.poll()
        self._arrivals.register(socket_, select.POLLIN)

    def communicate(self) -> bool:
        """Answer a request, and what follows it at once; say whether the connection is to be kept."""
        is_kept: bool = super().communicate()  # type: ignore[no-untyped-call]
        while is_kept and self._has_next():
            is_kept = super().communicate()  # type: ignore[no-untyped-call]
        return is_kept

    def _has_next(self) -> bool:
        if self.rfile.has_data():
            return True
        nobody_waits = self.server.requests.qsize == 0
        return nobody_waits and self.server.ready and bool(self._arrivals.poll(_NEXT_MILLISECONDS))


class Reader(io.BufferedReader):
    """What cheroot asks of a stream beside reading: how much was read, and whether a next request is here already."""

    def __init__(self, socket_: socket.socket, size: int) -> None:
        self._source = _Source(socket_, "r")
        super().__init__(self._source, size)
        self.bytes_read = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read so many bytes, fewer at the end."""
        data = super().read(size)
        self.bytes_read += len(data)
        return data

    def readline(self, size: int | None = -1, /) -> bytes:
        """Read a line, or so many bytes of it."""
        line = super().readline(size)
        self.bytes_read += len(line)
        return line

    def has_data(self) -> bool:
        """Say whether bytes were received that nobody has read."""
        return self._source.received > self.bytes_read


class _Source(socket.SocketIO):
    """Counts what it receives."""

    received = 0

    def readinto(self, buffer: Any) -> int | None:
        size = super().readinto(buffer)
        self.received += size or 0
        return size


def _stream(socket_: socket.socket, mode: str, size: int) -> Any:
    return Reader(socket_, size) if "r" in mode else cheroot.makefile.StreamWriter(socket_, mode, size)
