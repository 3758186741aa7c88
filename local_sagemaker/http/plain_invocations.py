"""InvokeEndpoint as AWS's clients send it: read from its bytes in one look, and answered in one piece.

cheroot reads a head line by line, makes an environ of all that it says, and puts the answer's head together in many
steps: several times what all else takes between a client and a model. So a request whose head is plain (`read_plain`)
is read here; any other is cheroot's, and nothing of it was taken away.
"""

from __future__ import annotations

import re
import time
from email.utils import formatdate
from functools import lru_cache
from typing import Any, NamedTuple

import cheroot.server

from local_sagemaker.http.messages import HEADERS_KEY, Environ

AT_ONCE = 1 << 16
"""Bytes of a body that is sent together with its head; a longer one would be copied for little."""

_REQUEST_LINE = re.compile(r"POST (/endpoints/[A-Za-z0-9-]{1,100}/invocations) HTTP/1\.1")
_PLAIN = bytes(range(0x20, 0x7F)) + b"\t"
_SIGNED = "/sagemaker/aws4_request"
_LENGTH = re.compile(r"[0-9]{1,15}")
_TELLING = frozenset({"connection", "expect", "transfer-encoding"})
"""Headers that say how to go on from here."""


class PlainHead(NamedTuple):
    """The head of a request."""

    size: int
    path: str
    headers: dict[str, str]
    """By their names in lower case."""
    length: int
    """Of the body."""


def read_plain(data: bytes) -> PlainHead | None:
    """Read a head from a request's first bytes; None if it is not plain, or they are not all of it."""
    head, blank_line, _ = data.partition(b"\r\n\r\n")
    if not blank_line or not head.startswith(b"POST ") or head.replace(b"\r\n", b"").translate(None, _PLAIN):
        return None
    first, *lines = head.decode("ascii").split("\r\n")
    request = _REQUEST_LINE.fullmatch(first)
    if request is None:
        return None
    headers = {
        name.lower(): value.strip() for name, colon, value in [line.partition(":") for line in lines] if name and colon
    }
    length = headers.get("content-length", "")
    is_well_formed = len(headers) == len(lines) and "".join(headers).replace("-", "").isalnum()
    is_plain = is_well_formed and _LENGTH.fullmatch(length) and _TELLING.isdisjoint(headers)
    if not is_plain or _SIGNED not in headers.get("authorization", ""):
        return None
    return PlainHead(len(head) + 4, request[1], headers, int(length))


class PlainFirst(cheroot.server.HTTPRequest):
    """A request that is cheroot's unless it is plain."""

    _plain: PlainHead | None = None

    def parse_request(self) -> None:
        """Read the head."""
        self._plain = plain = read_plain(self.conn.rfile.peek())
        if plain is None:
            super().parse_request()
            return
        self.conn.rfile.read(plain.size)
        self.response_protocol = "HTTP/1.1"
        self.started_request = self.ready = True

    def respond(self) -> None:
        """Have the request answered, and send that."""
        if self._plain is None:
            super().respond()
            return
        started: list[Any] = []
        environ = _environ(self._plain, self.conn.rfile)
        body = b"".join(self.server.wsgi_app(environ, lambda *told: started.extend(told)))
        status, headers = started
        if not self.server.can_add_keepalive_connection:
            headers = [*headers, ("Connection", "close")]
        self.sent_headers, self.close_connection = True, ("Connection", "close") in headers
        self._send(_head(status, headers, self.server.server_name), body)

    def _send(self, head: bytes, body: bytes) -> None:
        if len(body) <= AT_ONCE:
            self.conn.socket.sendall(head + body)
        else:
            self.conn.wfile.write(head)
            self.conn.wfile.write(body)


def _environ(head: PlainHead, stream: Any) -> Environ:
    return {
        "REQUEST_METHOD": "POST",
        "REQUEST_URI": head.path,
        "QUERY_STRING": "",
        "wsgi.input": cheroot.server.KnownLengthRFile(stream, head.length),
        HEADERS_KEY: head.headers,
    }


def _head(status: str, headers: list[tuple[str, str]], server: str) -> bytes:
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
    return f"HTTP/1.1 {status}\r\n{lines}Date: {_date(int(time.time()))}\r\nServer: {server}\r\n\r\n".encode("latin-1")


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
