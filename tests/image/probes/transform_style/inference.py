"""A probe with one `transform_fn`: it tells what it was handed, and answers in every way that a handler may."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import flask
import numpy as np
import werkzeug
from echo import described  # type: ignore[import-not-found]

# The line that AWS's own examples begin with; they use two of the names.
from sagemaker_containers.beta.framework import content_types, encoders, env, modules, transformer, worker  # noqa: F401

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
    "tuple of a bytearray": lambda: (bytearray(b"x"), "text/plain"),
    "tuple of a memoryview": lambda: (memoryview(b"xyz"), "text/plain"),
    "tuple of a dict": lambda: ({"one": 1, "two": 2}, "text/plain"),
    "tuple of None": lambda: (None, "text/plain"),
    "tuple of a number": lambda: (7, "text/plain"),
    "tuple of one": lambda: ("x",),
    "tuple of a lone surrogate": lambda: ("\ud800", "text/plain"),
    "tuple of an array": lambda: (np.array([1.5, 2.5]), "text/plain"),
    "array": lambda: np.array([1.5, 2.5]),
    "iterator": lambda: iter(["one", "two"]),
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
    "response with a reason": lambda: flask.Response("x", status="299 Fine"),
    "response of a stream": lambda: flask.Response(iter([b"one", b"two"]), mimetype="text/plain"),
    "toolkit response": lambda: worker.Response(encoders.encode([[1, 2]], "text/csv"), "text/csv", mimetype="text/csv"),
    "toolkit response without a type": lambda: worker.Response("{}", status=202),
    "jsonify": lambda: flask.jsonify(a=1),
    "request": lambda: (flask.request.path + flask.request.method + flask.request.get_data(as_text=True), "text/plain"),
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
