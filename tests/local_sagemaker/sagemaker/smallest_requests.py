"""The smallest request that an operation's model allows: its required members alone, with values of the right form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.model import OperationModel, Shape

from local_sagemaker.protocol.patterns import compiled

ARN = "arn:aws:sagemaker:us-east-1:123456789012:"
_TEXTS = (
    *("a", "aaaaaaaaaaaa", "1", "1.0.0", "a/b", "s3://bucket/key", "https://a.example/b"),
    *("arn:aws:iam::123456789012:role/a", f"{ARN}model/a", f"{ARN}pipeline/a", f"{ARN}model-package/a/1"),
    *("ml.m5.large", "0123456789ab", "a@b.example", "d-0123456789", "us-east-1a"),
)
"""Candidates: the first that a member's pattern and lengths allow is taken."""
_SCALARS: Mapping[str, Callable[[Shape], Any]] = {
    "integer": lambda shape: shape.metadata.get("min", 1),
    "long": lambda shape: shape.metadata.get("min", 1),
    "float": lambda shape: float(shape.metadata.get("min", 1)),
    "double": lambda shape: float(shape.metadata.get("min", 1)),
    "boolean": lambda _: True,
    "timestamp": lambda _: datetime(2026, 1, 1, tzinfo=UTC),
    "blob": lambda _: b"a",
}


def smallest_request(operation: OperationModel) -> dict[str, Any]:
    """Make the smallest request of an operation."""
    return {} if operation.input_shape is None else _value(operation.input_shape)


def _value(shape: Any) -> Any:
    if shape.type_name == "structure":
        required = shape.required_members or (list(shape.members)[:1] if shape.metadata.get("union") else [])
        return {name: _value(shape.members[name]) for name in required}
    if shape.type_name == "list":
        return [_value(shape.member)] * max(1, shape.metadata.get("min", 0))
    if shape.type_name == "map":
        return {_text(shape.key): _value(shape.value)}
    return _text(shape) if shape.type_name == "string" else _SCALARS[shape.type_name](shape)


def _text(shape: Any) -> str:
    if shape.enum:
        return str(shape.enum[0])
    shortest, longest = shape.metadata.get("min", 0), shape.metadata.get("max", 1 << 20)
    pattern = compiled(shape.metadata["pattern"]) if "pattern" in shape.metadata else None
    for text in _TEXTS:
        if shortest <= len(text) <= longest and (pattern is None or pattern.fullmatch(text)):
            return text
    return "a" * max(1, shortest)
