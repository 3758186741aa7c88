"""Properties as an operation's parameters: a template may write `"30"` where the service wants a number."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from local_sagemaker.protocol.json_service import service_model

if TYPE_CHECKING:
    from botocore.model import Shape


def parameters(service: str, operation: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Give properties the types that an operation's members have."""
    shape = service_model(service).operation_model(operation).input_shape
    assert shape is not None
    made: dict[str, Any] = _typed(properties, shape)
    return made


def policy(document: Any) -> str:
    """Write a policy document as IAM's operations take it."""
    return document if isinstance(document, str) else json.dumps(document)


def _typed(value: Any, shape: Shape) -> Any:
    if shape.type_name == "structure" and isinstance(value, Mapping):
        members: Mapping[str, Shape] = shape.members  # type: ignore[attr-defined]
        return {name: _typed(item, members[name]) if name in members else item for name, item in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [_typed(item, shape.member) for item in value]  # type: ignore[attr-defined]
    if shape.type_name == "map" and isinstance(value, Mapping):
        return {name: _typed(item, shape.value) for name, item in value.items()}  # type: ignore[attr-defined]
    return _scalar(value, shape.type_name)


def _scalar(value: Any, kind: str) -> Any:
    if kind == "boolean" and str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    if kind == "string" and isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    try:
        if kind in ("integer", "long"):
            return int(value)
        return float(value) if kind in ("float", "double") else value
    except (TypeError, ValueError):
        return value
