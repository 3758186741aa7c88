"""A second module of the source folder, imported by its plain name."""

from __future__ import annotations

import json


def described(model: dict[str, str], body: str | bytes, content_type: str, accept: str) -> str:
    """Return as JSON exactly what a handler was given."""
    facts = {"model": model, "type": type(body).__name__, "body": repr(body), "content_type": content_type}
    return json.dumps({**facts, "accept": accept})
