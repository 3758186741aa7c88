"""What AWS's models say of a request's members beyond what botocore checks: lengths, counts, patterns, choices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from botocore.model import Shape


def violations(value: Any, shape: Shape, place: str = "") -> Iterator[str]:
    """Yield what a request, or a part of it, breaks."""
    if shape.type_name == "structure":
        for name, item in value.items():
            yield from violations(item, shape.members[name], f"{place}.{name}")  # type: ignore[attr-defined]
    elif shape.type_name == "map":
        yield from _size(len(value), shape, place)
        for key, item in value.items():
            yield from violations(key, shape.key, f"{place} key")  # type: ignore[attr-defined]
            yield from violations(item, shape.value, f"{place}[{key}]")  # type: ignore[attr-defined]
    elif shape.type_name == "list":
        yield from _size(len(value), shape, place)
        for item in value:
            yield from violations(item, shape.member, f"{place}[]")  # type: ignore[attr-defined]
    elif shape.type_name == "string":
        yield from _of_text(str(value), shape, place)
    elif shape.type_name in ("integer", "long", "float", "double"):
        yield from _size(value, shape, place)


def _of_text(text: str, shape: Shape, place: str) -> Iterator[str]:
    yield from _size(len(text), shape, place)
    pattern = shape.metadata.get("pattern")
    # Java's classes of characters (letters, punctuation, ...) are taken for any character.
    if pattern and not re.fullmatch(re.sub(r"\\p\{\w+\}", r"\\w\\W", pattern), text):
        yield f"{place}: {text!r} is not {pattern}"
    if shape.metadata.get("enum") and text not in shape.metadata["enum"]:
        yield f"{place}: {text!r} is none of its choices"


def _size(size: float, shape: Shape, place: str) -> Iterator[str]:
    if size < shape.metadata.get("min", size) or size > shape.metadata.get("max", size):
        yield f"{place}: {size} is not {shape.metadata.get('min')} to {shape.metadata.get('max')}"
