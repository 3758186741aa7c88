"""The HTTP side of a container as a WSGI application (PEP 3333): no framework between the server and our own code.

It takes headers as the image's toolkit takes them, so that a container answers the same whichever of them serves it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ..errors import RequestRefused
from .refusals import refusal_response
from .responses import HttpResponse

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

Answer = Callable[[bytes, str, str], HttpResponse]
"""`(body, content_type, accept)` to the response; it raises nothing."""

_JSON = "application/json"
_MOST_AT_ONCE = 2**16
"""Bytes of a body that is sent together with its head; a longer one would be copied for little."""
_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class Application:
    """Answers `/ping`, `/invocations` and `/execution-parameters`.

    Parameters
    ----------
    answer : callable
        Answers an invocation.
    execution_parameters : callable, optional
        Tells batch transform what suits; without it there is no such path.
    """

    def __init__(self, answer: Answer, execution_parameters: Callable[[], HttpResponse] | None = None) -> None:
        self._answer = answer
        self._execution_parameters = execution_parameters
        self._default_accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", _JSON)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        body, media_type, status = self._respond(environ)
        content_type = f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
        if 0 < len(body) <= _MOST_AT_ONCE:
            _send_at_once(start_response)
        start_response(_STATUS_LINES[status], [("Content-Type", content_type), ("Content-Length", str(len(body)))])
        return (body,)

    def _respond(self, environ: WSGIEnvironment) -> HttpResponse:
        path = environ["PATH_INFO"]
        if path == "/invocations" and environ["REQUEST_METHOD"] == "POST":
            return self._invoke(environ)
        if path == "/ping":
            return HttpResponse(b"", _JSON)
        if path == "/execution-parameters" and self._execution_parameters is not None:
            return self._execution_parameters()
        return _nothing_there(environ["REQUEST_METHOD"], path)

    def _invoke(self, environ: WSGIEnvironment) -> HttpResponse:
        accept = environ.get("HTTP_ACCEPT")
        if not accept or accept == "*/*":
            accept = self._default_accept
        try:
            body = read_body(environ)
        except RequestRefused as refusal:
            return refusal_response(refusal)
        return self._answer(body, environ.get("HTTP_CONTENTTYPE") or environ.get("CONTENT_TYPE") or _JSON, accept)


def read_body(environ: WSGIEnvironment) -> bytes:
    """Read the whole body in one go, whether its length was told or it comes in chunks.

    Raises
    ------
    RequestRefused
        If the client ended it early.
    """
    source: Any = environ["wsgi.input"]
    reader = getattr(source, "reader", source)  # gunicorn's own `read` fetches a kilobyte at a time
    told = environ.get("CONTENT_LENGTH")
    if not told:
        chunked: bytes = reader.read(sys.maxsize)
        return chunked
    body: bytes = reader.read(int(told))
    if len(body) != int(told):
        raise RequestRefused("IncompleteBody", f"The body ended after {len(body):,} of {int(told):,} bytes.")
    return body


def _send_at_once(start_response: StartResponse) -> None:
    """Let gunicorn send head and body together: one by one they cost a system call more and wake the client twice.
    Another server's `start_response` is left alone.
    """
    response: Any = getattr(start_response, "__self__", None)
    if hasattr(response, "sock"):
        response.sock = _HeadAndBody(response.sock)


class _HeadAndBody:
    """A socket, for two writes that become one."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._head: bytes | None = None

    def sendall(self, data: bytes) -> None:
        """Keep the head, and send it with the body."""
        if self._head is None:
            self._head = data
        else:
            self._socket.sendall(self._head + data)


def _nothing_there(method: str, path: str) -> HttpResponse:
    known = path == "/invocations"
    status = HTTPStatus.METHOD_NOT_ALLOWED if known else HTTPStatus.NOT_FOUND
    message = "POST /invocations to be answered; GET /ping to see that the container is there."
    refusal = RequestRefused(status.phrase.title().replace(" ", ""), message)
    return refusal_response(refusal)._replace(status=status.value)
