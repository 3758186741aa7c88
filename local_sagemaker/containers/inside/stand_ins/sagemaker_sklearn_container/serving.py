"""The WSGI application of a serving container: `/ping`, `/invocations` and `/execution-parameters`.

It does what the image's Flask application does, byte for byte in bodies and Content-Types, without Flask where the
answer is a body and its type. Flask is imported when user code returns something else, or imports it itself.
"""

from __future__ import annotations

import logging
import os
import sys
from contextlib import nullcontext
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sagemaker_containers import _content_types

from .handlers import model_function, transform_function

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager
    from types import ModuleType
    from wsgiref.types import StartResponse, WSGIEnvironment

    from .handlers import Transform

CHARSET_TYPES = frozenset(
    {
        "application/ecmascript",
        "application/javascript",
        "application/sql",
        "application/xml",
        "application/xml-dtd",
        "application/xml-external-parsed-entity",
    }
)
"""Besides `text/…` and `…+xml`, what Werkzeug adds `; charset=utf-8` to."""

_logger = logging.getLogger(__name__)


class ModelServerApplication:
    """Answers requests with the user's functions and a model loaded once.

    Parameters
    ----------
    module : module
        The user's module.
    model_directory : str
        What `model_fn` gets.
    """

    def __init__(self, module: ModuleType, model_directory: str) -> None:
        self._transform: Transform = transform_function(module)
        self._execution_parameters = getattr(module, "execution_parameters_fn", None)
        self._default_accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", _content_types.JSON)
        self._model = model_function(module)(model_directory)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Route one request."""
        path = environ["PATH_INFO"]
        if path == "/invocations" and environ["REQUEST_METHOD"] == "POST":
            return self._invoke(environ, start_response)
        if path == "/ping":
            return send(start_response, b"", _content_types.JSON)
        if path == "/execution-parameters" and self._execution_parameters is not None:
            return self._describe(self._execution_parameters, environ, start_response)
        return send_page(start_response, "404 Not Found", NOT_FOUND)

    def _invoke(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        content_type = environ.get("HTTP_CONTENTTYPE") or environ.get("CONTENT_TYPE") or _content_types.JSON
        accept = environ.get("HTTP_ACCEPT")
        if not accept or accept == _content_types.ANY:
            accept = self._default_accept
        body: str | bytes = read_body(environ)
        if content_type in _content_types.UTF8_TYPES:
            body = body.decode("utf-8", "replace")  # type: ignore[union-attr]
        try:
            with flask_context(environ):
                result = self._transform(self._model, body, content_type, accept)
            if isinstance(result, tuple):
                return send(start_response, as_bytes(result[0]), result[1] or _content_types.JSON)
            return send_as_flask(environ, start_response, result)
        except (Exception, SystemExit):
            return self._failed(environ, start_response)

    def _describe(
        self, parameters: Callable[[], Any], environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        try:
            return send_as_flask(environ, start_response, parameters())
        except (Exception, SystemExit):
            return self._failed(environ, start_response)

    def _failed(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        _logger.exception("Exception on %s [%s]", environ["PATH_INFO"], environ["REQUEST_METHOD"])
        return send_page(start_response, "500 Internal Server Error", INTERNAL_SERVER_ERROR)


def load_application(module: ModuleType | None, model_directory: str) -> ModelServerApplication:
    """Make the application of a model whose module is imported already.

    Raises
    ------
    RuntimeError
        If it names no module: the image serves nothing by itself.
    """
    if module is None:
        raise RuntimeError("the container's environment has no SAGEMAKER_PROGRAM")
    return ModelServerApplication(module, model_directory)


NOT_FOUND = (
    "The requested URL was not found on the server. "
    "If you entered the URL manually please check your spelling and try again."
)

INTERNAL_SERVER_ERROR = (
    "The server encountered an internal error and was unable to complete your request. "
    "Either the server is overloaded or there is an error in the application."
)


def read_body(environ: WSGIEnvironment) -> bytes:
    """Read the whole body; past gunicorn's `Body`, which would fetch it by kilobytes."""
    source: Any = environ["wsgi.input"]
    length = environ.get("CONTENT_LENGTH")
    body: bytes = source.reader.read(int(length)) if length else source.read()
    return body


def as_bytes(body: Any) -> bytes:
    """Encode what user code returned as a body: nothing, text, bytes, or pieces of either.

    Raises
    ------
    TypeError
        For anything else, a bytearray or an array included: in the image gunicorn breaks the answer off there.
    """
    if body is None:
        return b""
    return b"".join(piece_as_bytes(piece) for piece in ((body,) if isinstance(body, (str, bytes)) else body))


def piece_as_bytes(piece: Any) -> bytes:
    """Encode one piece of a body."""
    if isinstance(piece, str):
        return piece.encode()
    if isinstance(piece, bytes):
        return piece
    raise TypeError(f"a body is text or bytes, not {type(piece).__name__}")


def with_charset(mimetype: str) -> str:
    """Add `; charset=utf-8` where Werkzeug does."""
    if mimetype.startswith("text/") or mimetype in CHARSET_TYPES or mimetype.endswith("+xml"):
        return f"{mimetype}; charset=utf-8"
    return mimetype


def send(start_response: StartResponse, body: bytes, mimetype: str, status: str = "200 OK") -> Iterable[bytes]:
    """Answer with a body of a type."""
    start_response(status, [("Content-Type", with_charset(mimetype)), ("Content-Length", str(len(body)))])
    return [body]


def send_page(start_response: StartResponse, status: str, explanation: str) -> Iterable[bytes]:
    """Answer with an error page, worded as Werkzeug words it."""
    name = status.partition(" ")[2]
    page = f"<!doctype html>\n<html lang=en>\n<title>{status}</title>\n<h1>{name}</h1>\n<p>{explanation}</p>\n"
    return send(start_response, page.encode(), "text/html", status)


def send_as_flask(environ: WSGIEnvironment, start_response: StartResponse, result: Any) -> Iterable[bytes]:
    """Answer with whatever a Flask view may return: a response, text, a dictionary, …"""
    if isinstance(result, (str, bytes)):
        return send(start_response, as_bytes(result), "text/html")
    responses = sys.modules.get("werkzeug.wrappers")
    if responses is None or not isinstance(result, responses.Response):
        result = make_response(environ, result)
    return result(environ, start_response)  # type: ignore[no-any-return]


def make_response(environ: WSGIEnvironment, result: Any) -> Any:
    """Let Flask turn a view's result into a response."""
    application = flask_application()
    with application.request_context(environ):
        return application.make_response(result)


def flask_context(environ: WSGIEnvironment) -> AbstractContextManager[Any]:
    """What `flask.request` and `flask.jsonify` need; only where user code has imported Flask, to spare the others."""
    return flask_application().request_context(environ) if "flask" in sys.modules else nullcontext()


@lru_cache(maxsize=None)
def flask_application() -> Any:
    """The application that user code sees as `flask.current_app`."""
    import flask  # 0.1 s that most containers never need

    application = flask.Flask("container")
    application.add_url_rule("/invocations", "invocations", methods=["POST"])
    application.add_url_rule("/execution-parameters", "execution-parameters")
    return application
