"""Answers of the query protocol: structures written as XML by a botocore shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from botocore.model import OperationModel, Shape

_NOT_XML = {code: "\ufffd" for code in range(32) if chr(code) not in "\t\n\r"}
"""Characters that no XML document can hold."""


def document(operation: OperationModel, values: Mapping[str, Any], request_id: str) -> bytes:
    """Write the answer to an operation."""
    shape, name = operation.output_shape, operation.name
    namespace = operation.service_model.metadata["xmlNamespace"]
    wrapper = (
        "" if shape is None else _element(shape.serialization.get("resultWrapper", f"{name}Result"), values, shape)
    )
    metadata = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
    return f'<{name}Response xmlns="{namespace}">{wrapper}{metadata}</{name}Response>'.encode()


def _element(tag: str, value: Any, shape: Shape) -> str:
    return f"<{tag}>{_content(value, shape)}</{tag}>"


def _content(value: Any, shape: Shape) -> str:
    if shape.type_name == "structure":
        members: Mapping[str, Shape] = shape.members  # type: ignore[attr-defined]
        present = ((name, member) for name, member in members.items() if value.get(name) is not None)
        return "".join(
            _element(member.serialization.get("name", name), value[name], member) for name, member in present
        )
    if shape.type_name == "list":
        member = shape.member  # type: ignore[attr-defined]
        return _items(value, member.serialization.get("name", "member"), member)
    if shape.type_name == "map":
        return "".join(_entry(key, item, shape) for key, item in value.items())
    return escape(_text(value).translate(_NOT_XML))


def _items(values: Sequence[Any], tag: str, shape: Shape) -> str:
    return "".join(_element(tag, value, shape) for value in values)


def _entry(key: str, value: Any, shape: Any) -> str:
    return f"<entry>{_element('key', key, shape.key)}{_element('value', value, shape.value)}</entry>"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"
    return str(value)
