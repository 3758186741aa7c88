"""The floor of the serving stack: a container that loads nothing and answers 800 constant bytes."""

from __future__ import annotations

_ANSWER = b"e" * 800


def model_fn(model_dir: str) -> None:
    """Load nothing."""


def transform_fn(model: None, body: bytes | str, content_type: str, accept: str) -> tuple[bytes, str]:
    """Answer anything."""
    return _ANSWER, "application/octet-stream"
