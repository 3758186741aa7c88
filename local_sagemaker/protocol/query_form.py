"""Requests of the query protocol: a form's dotted names (`Tags.member.1.Key`) read into structures by a shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.model import ListShape, MapShape, Shape, StructureShape

_ABOUT_THE_REQUEST = ("Action", "Version")


def parameters(form: Mapping[str, str], shape: Shape | None) -> dict[str, Any]:
    """Read a form's parameters. Names that the shape does not know are kept as they are, to be refused by name."""
    tree: dict[str, Any] = {}
    for name, text in form.items():
        if name not in _ABOUT_THE_REQUEST:
            _plant(tree, name.split("."), text)
    return tree if shape is None else _structure(tree, shape)  # type: ignore[arg-type]


def _plant(tree: dict[str, Any], names: list[str], text: str) -> None:
    for name in names[:-1]:
        below = tree.setdefault(name, {})
        if not isinstance(below, dict):  # `a=1&a.b=2`, which no client sends
            below = tree[name] = {}
        tree = below
    tree[names[-1]] = text


def _value(found: Any, shape: Shape) -> Any:
    if shape.type_name == "structure" and isinstance(found, dict):
        return _structure(found, shape)  # type: ignore[arg-type]
    if shape.type_name == "list":
        return _list(found, shape)  # type: ignore[arg-type]
    if shape.type_name == "map" and isinstance(found, dict):
        return _map(found, shape)  # type: ignore[arg-type]
    return _scalar(found, shape.type_name)


def _structure(tree: Mapping[str, Any], shape: StructureShape) -> dict[str, Any]:
    names = {member.serialization.get("name", name): name for name, member in shape.members.items()}
    return {
        names.get(name, name): _value(found, shape.members[names[name]]) if name in names else found
        for name, found in tree.items()
    }


def _list(found: Any, shape: ListShape) -> list[Any]:
    if not isinstance(found, dict):
        return []  # an empty list is sent as an empty text
    items = found if shape.serialization.get("flattened") else found.get(_member_name(shape), {})
    return [_value(items[number], shape.member) for number in sorted(filter(str.isdigit, items), key=int)]


def _member_name(shape: ListShape) -> str:
    return str(shape.member.serialization.get("name", "member"))


def _map(tree: Mapping[str, Any], shape: MapShape) -> dict[str, Any]:
    entries = tree.get("entry", {})
    ordered = [entries[number] for number in sorted(filter(str.isdigit, entries), key=int)]
    return {entry["key"]: _value(entry.get("value", ""), shape.value) for entry in ordered if "key" in entry}


def _scalar(text: Any, kind: str) -> Any:
    """Turn a text into what its type has in JSON; what is none of it is left for the check to complain of."""
    if kind == "boolean":
        return {"true": True, "false": False}.get(str(text).lower(), text)
    if kind in ("integer", "long", "float", "double"):
        try:
            return int(text) if kind in ("integer", "long") else float(text)
        except (TypeError, ValueError):
            return text
    return text
