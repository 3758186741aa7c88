"""A probe with one `transform_fn`: it tells what it was handed, and answers in every way that a handler may."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import flask
import werkzeug
from echo import described  # type: ignore[import-not-found]

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWERS: dict[str, Callable[[], Any]] = {
    "tuple of str": lambda: ("grün", "application/json"),
    "tuple of bytes": lambda: (b"\x00\xff", "application/octet-stream"),
    "tuple of text/csv": lambda: ("a,b\n", "text/csv"),
    "tuple of text/csv with charset": lambda: ("a,b\n", "text/csv; charset=latin-1"),
    "tuple of application/xml": lambda: ("<a/>", "application/xml"),
    "tuple of a +json type": lambda: ("{}", "application/vnd.api+json"),
    "tuple of Arrow": lambda: (b"ARROW1", "application/vnd.apache.arrow.stream"),
    "tuple without a type": lambda: ("{}", None),
    "tuple of three": lambda: ("kept", "text/plain", 418),
    "tuple of a list": lambda: ([b"one", b"two"], "text/plain"),
    "tuple of an iterator": lambda: (iter([b"one", b"two"]), "text/plain"),
    "empty tuple body": lambda: ("", "application/json"),
    "str": lambda: "plain <b>text</b>",
    "bytes": lambda: b"plain bytes",
    "dict": lambda: {"b": 1, "a": "ü"},
    "list": lambda: [1, 2],
    "None": lambda: None,
    "number": lambda: 7,
    "Flask response": lambda: flask.Response('{"error": "no"}', status=422, mimetype="application/json"),
    "Werkzeug response": lambda: werkzeug.Response("slow down", status=429, mimetype="text/plain"),
    "empty response": lambda: flask.Response(status=204),
    "response with headers": lambda: flask.Response(b"x", headers={"X-Own": "1", "Content-Type": "image/png"}),
    "environment": lambda: (os.environ["MY_VARIABLE"], "text/plain"),
    "ValueError": lambda: _raise(ValueError("a mistake")),
    "HTTPException": lambda: flask.abort(418),
    "UnicodeDecodeError": lambda: b"\xff".decode(),
}


def _raise(error: Exception) -> None:
    raise error


def model_fn(model_dir: str) -> dict[str, str]:
    """Return what the model directory held."""
    return {"weights": Path(model_dir, "weights.txt").read_text()}


def transform_fn(model: dict[str, str], body: str | bytes, content_type: str, accept: str) -> Any:
    """Answer as the body `answer: <name>` asks, otherwise describe the request."""
    text = body if isinstance(body, str) else body.decode("latin-1")
    if text.startswith("answer: "):
        return ANSWERS[text.removeprefix("answer: ")]()
    return described(model, body, content_type, accept), "application/json"
