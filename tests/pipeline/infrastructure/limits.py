"""What AWS's models say of a request's members beyond what botocore checks: lengths, counts, patterns, choices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from botocore.model import Shape

_CLASS = re.compile(r"\\p\{\w+\}")
_WORDS = {r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010FFFF", r"\z": r"\Z", "${1,": "{1,", r"[\w-_]": r"[\w_-]"}


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


def _as_python(pattern: str) -> str:
    """Write a pattern of Java's in Python's words; classes of characters (letters, ...) are taken for any character."""
    pattern = re.sub(r"\[[^\]]*\]", lambda found: _CLASS.sub(r"\\w\\W", found[0]), pattern)
    pattern = _CLASS.sub(r"[\\w\\W]", pattern)
    for java, python in _WORDS.items():
        pattern = pattern.replace(java, python)
    return pattern


def _of_text(text: str, shape: Shape, place: str) -> Iterator[str]:
    yield from _size(len(text), shape, place)
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(_as_python(pattern), text):
        yield f"{place}: {text!r} is not {pattern}"
    if shape.metadata.get("enum") and text not in shape.metadata["enum"]:
        yield f"{place}: {text!r} is none of its choices"


def _size(size: float, shape: Shape, place: str) -> Iterator[str]:
    if size < shape.metadata.get("min", size) or size > shape.metadata.get("max", size):
        yield f"{place}: {size} is not {shape.metadata.get('min')} to {shape.metadata.get('max')}"
