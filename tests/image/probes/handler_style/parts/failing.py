"""Handlers that fail on demand."""

from __future__ import annotations


def fail_when_asked(handler: str, body: str | bytes) -> None:
    """Raise when the request names this handler."""
    if body in (f"fail: {handler}", f"fail: {handler}".encode()):
        raise LookupError(f"{handler} fails")
