"""HTTP of the plain kind that clients send as a rule, between gunicorn's sockets and our WSGI application.

gunicorn's own parser and response, in Python, take several times as long as all that we do for one record. So a request
whose head is plain (`read_plain`) is read and answered here; any other is gunicorn's, and so is all that follows it on
its connection.
"""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from contextlib import suppress
from email.utils import formatdate
from functools import lru_cache, partial
from typing import Any, NamedTuple

_AT_ONCE = 2**16
_PLAIN_HEAD = re.compile(
    rb"(?:(GET)|POST) (/[a-z-]{0,100}) HTTP/1\.1\r\n((?:[A-Za-z0-9-]{1,100}: [ -~]{0,4000}\r\n){0,50}+)\r\n"
)
_TELLING = {
    "HTTP_EXPECT", "HTTP_TRANSFER_ENCODING",
    "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_PROTOCOL", "HTTP_X_FORWARDED_SSL",
}  # fmt: skip
"""Fields that say how to read what follows, or what a proxy saw."""


class PlainRequest(NamedTuple):
    """A request, its body not whole as yet."""

    environ: dict[str, Any]
    """What our application looks at; `wsgi.input` is to come."""
    body: bytes
    """What is there of it."""
    length: int


def answer_plainly(worker: Any) -> None:
    """Have a worker of gunicorn's answer plain requests by this module, unless it was told to do more with each."""
    settings = worker.cfg
    if settings.keepalive and not (settings.is_ssl or settings.accesslog or settings.max_requests):
        worker.handle = partial(_serve, worker, worker.handle)


def read_plain(data: bytes) -> PlainRequest | None:
    """Read a request from its first bytes; None if it is not plain, or they are not its whole head."""
    head = _PLAIN_HEAD.match(data)
    if head is None:
        return None
    environ: dict[str, Any] = {}
    lines = head[3].decode("ascii").splitlines()
    for line in lines:
        name, _, value = line.partition(": ")
        environ["HTTP_" + name.upper().replace("-", "_")] = value.strip(" ")
    is_kept = environ.get("HTTP_CONNECTION", "keep-alive").lower() == "keep-alive"
    if len(environ) < len(lines) or not is_kept or not _TELLING.isdisjoint(environ):
        return None
    is_get = head[1] is not None
    length, body = environ.pop("HTTP_CONTENT_LENGTH", "0" if is_get else ""), data[head.end() :]
    if not length.isdecimal() or len(body) > int(length):
        return None  # nobody knows how much is to come, or there is more than this one request
    environ["REQUEST_METHOD"] = "GET" if is_get else "POST"
    environ["PATH_INFO"] = head[2].decode("ascii")
    environ["CONTENT_LENGTH"] = length
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    return PlainRequest(environ, body, int(length))


def _serve(worker: Any, by_gunicorn: Callable[..., None], listener: Any, client: Any, address: Any) -> None:
    """Answer the requests of one connection, as the `handle` of gunicorn's worker does."""
    is_kept = True
    with suppress(TimeoutError, ConnectionError):
        while is_kept:
            client.settimeout(worker.cfg.keepalive)
            data = client.recv(_AT_ONCE)
            client.settimeout(None)
            if not data:
                break
            request = read_plain(data)
            if request is None:
                by_gunicorn(listener, _ReadAhead(client, data), address)
                return
            request.environ["wsgi.input"] = io.BytesIO(_whole(request, client))
            is_kept = worker.alive
            try:
                answer = _answer(worker.wsgi, request.environ, "keep-alive" if is_kept else "close")
            except Exception as error:
                worker.handle_error(None, client, address, error)
                break
            _send(client, answer)
    client.close()


def _answer(application: Any, environ: dict[str, Any], connection: str) -> bytes:
    started: list[Any] = []
    body = b"".join(application(environ, lambda *response: started.extend(response)))
    status, headers, *_ = started
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
    date = _date(int(time.time()))
    head = f"HTTP/1.1 {status}\r\nServer: gunicorn\r\nDate: {date}\r\nConnection: {connection}\r\n{lines}\r\n"
    return head.encode("latin-1") + body


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def _send(client: Any, answer: bytes) -> None:
    sent = client.send(answer)
    if sent < len(answer):  # gevent's `sendall` makes a system call more
        client.sendall(memoryview(answer)[sent:])


def _whole(request: PlainRequest, client: Any) -> bytes:
    """Receive the rest of a body; it is shorter than it should be where the client ended it early."""
    missing = request.length - len(request.body)
    if not missing:
        return request.body
    parts = [request.body]
    while missing and (part := client.recv(min(missing, _AT_ONCE))):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


class _ReadAhead:
    """A socket of which some bytes were received already."""

    def __init__(self, socket: Any, data: bytes) -> None:
        self._socket = socket
        self._data = data

    def recv(self, size: int) -> bytes:
        if not self._data:
            received: bytes = self._socket.recv(size)
            return received
        data, self._data = self._data[:size], self._data[size:]
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)
