"""Turns botocore's shapes into readers: functions that check a JSON value, collect what AWS would complain of in AWS's
words, and return the value in Python's types. Built on first use; a model has thousands of shapes, a request a dozen.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local_sagemaker.errors import AwsError
from local_sagemaker.protocol.patterns import compiled

if TYPE_CHECKING:
    from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

Reader = Callable[[Any, str, list[str]], Any]
"""(value, path to it, violations to add to) → the value in Python's types."""

_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (int, float, str, datetime),
    "blob": (str, bytes),
}
_BITS = {"integer": 31, "long": 63}
"""Beside the sign."""
_JSON_KINDS = {
    str: "STRING_VALUE",
    bool: "BOOLEAN_VALUE",
    int: "NUMBER_VALUE",
    float: "DECIMAL_VALUE",
    list: "START_ARRAY",
    dict: "START_OBJECT",
}
_JAVA_NAMES = {"long": "Long", "float": "Float", "double": "Double", "list": "List", "structure": "Structure"}


@dataclass(frozen=True, slots=True)
class Constraint:
    """One condition on a value, in AWS's words, and the check of it."""

    words: str
    holds: Callable[[Any], bool]


def reader_of(shape: Shape | None) -> Reader:
    """Return the reader of a shape, `None` being an operation without input. Members' readers are built when they
    are first met, so recursive shapes end.
    """
    if shape is None:
        return lambda value, path, violations: {}
    if shape.type_name == "structure":
        return _structure_reader(shape)  # type: ignore[arg-type]
    if shape.type_name == "list":
        return _list_reader(shape)  # type: ignore[arg-type]
    if shape.type_name == "map":
        return _map_reader(shape)  # type: ignore[arg-type]
    return _scalar_reader(shape)


def _structure_reader(shape: StructureShape) -> Reader:
    required = frozenset(shape.required_members)
    members: dict[str, Reader] = {}

    def read(value: Any, path: str, violations: list[str]) -> dict[str, Any]:
        _expect(value, (Mapping,), "structure")
        result = {}
        for name, member in shape.members.items():
            place = f"{path}.{_lower(name)}" if path else _lower(name)
            if value.get(name) is None:
                if name in required:
                    violations.append(_violation("null", place, "Member must not be null"))
                continue
            if name not in members:
                members[name] = reader_of(member)
            result[name] = members[name](value[name], place, violations)
        return result

    return read


def _list_reader(shape: ListShape) -> Reader:
    member = shape.member
    constraints = tuple(_length_constraints(shape))
    own = tuple(_constraints(member))
    read_member: list[Reader] = []

    def read(value: Any, path: str, violations: list[str]) -> list[Any]:
        _expect(value, (list, tuple), "list")
        _check(value, path, violations, constraints)
        if not read_member:
            read_member.append(_unchecked_reader(member) if own else reader_of(member))
        items = [
            read_member[0](item, f"{path}.{number}.member", violations)
            for number, item in enumerate(value, 1)
            if item is not None
        ]
        if any(not constraint.holds(item) for item in items for constraint in own):
            violations.append(_violation(_shown(value), path, f"Member must satisfy constraint: {_words(own)}"))
        return items

    return read


def _map_reader(shape: MapShape) -> Reader:
    constraints = tuple(_length_constraints(shape))
    of_keys, of_values = tuple(_constraints(shape.key)), tuple(_constraints(shape.value))
    read_value: list[Reader] = []

    def read(value: Any, path: str, violations: list[str]) -> dict[str, Any]:
        _expect(value, (Mapping,), "map")
        _check(value, path, violations, constraints)
        if not read_value:
            read_value.append(_unchecked_reader(shape.value) if of_values else reader_of(shape.value))
        result = {
            key: read_value[0](item, f"{path}.{key}.member", violations)
            for key, item in value.items()
            if item is not None
        }
        if any(not constraint.holds(key) for key in result for constraint in of_keys):
            violations.append(_violation(_shown(value), path, f"Map keys must satisfy constraint: {_words(of_keys)}"))
        if any(not constraint.holds(item) for item in result.values() for constraint in of_values):
            violations.append(
                _violation(_shown(value), path, f"Map value must satisfy constraint: {_words(of_values)}")
            )
        return result

    return read


def _scalar_reader(shape: Shape) -> Reader:
    plain = _unchecked_reader(shape)
    constraints = tuple(_constraints(shape))

    def read(value: Any, path: str, violations: list[str]) -> Any:
        result = plain(value, path, violations)
        _check(result, path, violations, constraints)
        return result

    return read


def _unchecked_reader(shape: Shape) -> Reader:
    kind = shape.type_name
    types = _SCALARS[kind]

    def read(value: Any, path: str, violations: list[str]) -> Any:
        _expect(value, types, kind)
        if kind in _BITS and not -(2 ** _BITS[kind]) <= value < 2 ** _BITS[kind]:
            raise AwsError("SerializationException", f"Numeric value {str(value)[:40]} is out of range of {kind}")
        if kind == "timestamp":
            return _moment(value)
        if kind == "blob":
            return _bytes(value)
        return value

    return read


def _constraints(shape: Shape) -> Iterator[Constraint]:
    """List a scalar's conditions in the order in which AWS words them; other shapes have none of their own here."""
    if shape.type_name == "string":
        yield from _length_constraints(shape)
        yield from _string_constraints(shape)  # type: ignore[arg-type]
    elif shape.type_name in ("integer", "long", "float", "double"):
        yield from _bounds(shape, "value", lambda value: value)


def _length_constraints(shape: Shape) -> Iterator[Constraint]:
    yield from _bounds(shape, "length", len)


def _bounds(shape: Shape, noun: str, measure: Callable[[Any], Any]) -> Iterator[Constraint]:
    highest, lowest = shape.metadata.get("max"), shape.metadata.get("min")
    if highest is not None:
        words = f"Member must have {noun} less than or equal to {highest}"
        yield Constraint(words, lambda value: measure(value) <= highest)
    if lowest is not None:
        words = f"Member must have {noun} greater than or equal to {lowest}"
        yield Constraint(words, lambda value: measure(value) >= lowest)


def _string_constraints(shape: StringShape) -> Iterator[Constraint]:
    if shape.enum:
        allowed = frozenset(shape.enum)
        yield Constraint(
            f"Member must satisfy enum value set: [{', '.join(shape.enum)}]", lambda value: value in allowed
        )
    pattern = shape.metadata.get("pattern")
    if pattern is not None and (expression := compiled(pattern)) is not None:
        words = f"Member must satisfy regular expression pattern: {pattern}"
        yield Constraint(words, lambda value: expression.fullmatch(value) is not None)


def _check(value: Any, path: str, violations: list[str], constraints: tuple[Constraint, ...]) -> None:
    violations.extend(
        _violation(_shown(value), path, constraint.words) for constraint in constraints if not constraint.holds(value)
    )


def _violation(shown: str, path: str, words: str) -> str:
    value = shown if shown == "null" else f"'{shown}'"
    return f"Value {value} at '{path}' failed to satisfy constraint: {words}"


def _words(constraints: tuple[Constraint, ...]) -> str:
    return f"[{', '.join(constraint.words for constraint in constraints)}]"


def _shown(value: Any) -> str:
    """Write a value as Java's `toString` does, which is what AWS's messages hold."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}={_shown(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_shown(item) for item in value)}]"
    return str(value)


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _expect(value: Any, types: tuple[type, ...], kind: str) -> None:
    if isinstance(value, types) and (not isinstance(value, bool) or bool in types):
        return
    found = _JSON_KINDS.get(type(value), type(value).__name__)
    wanted = _JAVA_NAMES.get(kind, kind.title())
    raise AwsError("SerializationException", f"{found} can not be converted to {_article(wanted)} {wanted}")


def _article(noun: str) -> str:
    return "an" if noun[0] in "AEIOU" else "a"


def _moment(value: float | str | datetime) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    try:
        if isinstance(value, str):
            return _moment(datetime.fromisoformat(value))
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise AwsError("SerializationException", f"{value} can not be converted to a Timestamp") from error


def _bytes(value: str | bytes) -> bytes:
    if isinstance(value, bytes):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error) as error:
        raise AwsError("SerializationException", "A blob is not base64-encoded") from error
