"""The intrinsic functions: what an expression of a template comes to."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from local_sagemaker.cloudformation.refusals import invalid
from local_sagemaker.cloudformation.template.parameters import written

_PLACE = re.compile(r"\$\{(!?)([^}]*)\}")


class _NoValue:
    """`AWS::NoValue`: the property is as if it were not written."""


NO_VALUE: Final = _NoValue()


@dataclass(frozen=True, slots=True)
class Scope:
    """What names stand for.

    Parameters
    ----------
    values : mapping of str to object
        What `Ref` gives of parameters and pseudo parameters.
    reference : callable
        Takes a resource's logical id and an attribute, None for `Ref`, and returns what it is.
    conditions : mapping of str to bool
        Of the template, evaluated.
    mappings : mapping of str to object
        Of the template.
    """

    values: Mapping[str, Any]
    reference: Callable[[str, str | None], Any]
    conditions: Mapping[str, bool]
    mappings: Mapping[str, Any]


def evaluated(expression: Any, scope: Scope) -> Any:
    """Evaluate an expression; `NO_VALUE` if nothing is left of it.

    Raises
    ------
    AwsError
        `ValidationError` for a function that is not known here, or is given what it cannot take.
    """
    if isinstance(expression, Mapping):
        function = function_of(expression)
        if function is not None:
            return _FUNCTIONS[function](expression[function], scope)
        items = ((name, evaluated(value, scope)) for name, value in expression.items())
        return {name: value for name, value in items if value is not NO_VALUE}
    if isinstance(expression, list):
        return [value for value in (evaluated(item, scope) for item in expression) if value is not NO_VALUE]
    return expression


def function_of(expression: Mapping[str, Any]) -> str | None:
    """Name the function that a mapping is; None if it is none.

    Raises
    ------
    AwsError
        `ValidationError` for a function that is not known here.
    """
    if len(expression) != 1:
        return None
    [name] = expression
    if name == "Condition" and not isinstance(expression[name], str):  # of a statement in a policy
        return None
    if name in _FUNCTIONS:
        return str(name)
    if isinstance(name, str) and name.startswith("Fn::"):
        raise invalid(f"The local SageMaker does not support the function {name}.")
    return None


def references_of(text: str) -> list[str]:
    """List what a text of `Fn::Sub` refers to."""
    return [match[2].strip() for match in _PLACE.finditer(text) if not match[1]]


def _ref(name: Any, scope: Scope) -> Any:
    if name == "AWS::NoValue":
        return NO_VALUE
    return scope.values[name] if name in scope.values else scope.reference(str(name), None)


def _get_att(argument: Any, scope: Scope) -> Any:
    resource, attribute = attribute_of(argument)
    return scope.reference(resource, str(evaluated(attribute, scope)))


def attribute_of(argument: Any) -> tuple[str, Any]:
    """Read resource and attribute of `Fn::GetAtt`.

    Raises
    ------
    AwsError
        `ValidationError` for anything else.
    """
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) != 2 or not isinstance(parts[0], str):
        raise _badly("Fn::GetAtt", "a resource and an attribute")
    return parts[0], parts[1]


def _sub(argument: Any, scope: Scope) -> str:
    text, own = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
    if not isinstance(text, str) or not isinstance(own, Mapping):
        raise _badly("Fn::Sub", "a text, or a text and a mapping")
    known = {name: evaluated(value, scope) for name, value in own.items()}

    def value(match: re.Match[str]) -> str:
        name = match[2].strip()
        if match[1]:
            return f"${{{match[2]}}}"
        if name in known:
            return _text(known[name], "Fn::Sub")
        found = _get_att(name, scope) if "." in name else _ref(name, scope)
        return _text(found, "Fn::Sub")

    return _PLACE.sub(value, text)


def _join(argument: Any, scope: Scope) -> str:
    if not isinstance(argument, list) or len(argument) != 2:
        raise _badly("Fn::Join", "a delimiter and a list")
    delimiter, items = argument[0], evaluated(argument[1], scope)
    if not isinstance(delimiter, str) or not isinstance(items, list):
        raise _badly("Fn::Join", "a delimiter and a list")
    return delimiter.join(_text(item, "Fn::Join") for item in items)


def _select(argument: Any, scope: Scope) -> Any:
    index, items = evaluated(argument, scope) if isinstance(argument, list) and len(argument) == 2 else (None, None)
    if not isinstance(items, list) or not str(index).isdigit():
        raise _badly("Fn::Select", "a number and a list")
    if int(str(index)) >= len(items):
        raise invalid(f"Template error: Fn::Select cannot select nonexistent value at index {index}")
    return items[int(str(index))]


def _split(argument: Any, scope: Scope) -> list[str]:
    delimiter, text = evaluated(argument, scope) if isinstance(argument, list) and len(argument) == 2 else (None, None)
    if not isinstance(delimiter, str) or not delimiter or not isinstance(text, str):
        raise _badly("Fn::Split", "a delimiter and a text")
    return text.split(delimiter)


def _if(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) != 3:
        raise _badly("Fn::If", "a condition and two values")
    return evaluated(argument[1] if _condition(argument[0], scope) else argument[2], scope)


def _condition(name: Any, scope: Scope) -> bool:
    if name not in scope.conditions:
        raise invalid(f"Template format error: Unresolved condition {name}.")
    return scope.conditions[name]


def _equals(argument: Any, scope: Scope) -> bool:
    values = evaluated(argument, scope) if isinstance(argument, list) and len(argument) == 2 else None
    if values is None or len(values) != 2:
        raise _badly("Fn::Equals", "two values")
    return written(values[0]) == written(values[1])


def _not(argument: Any, scope: Scope) -> bool:
    return not _truths("Fn::Not", argument, scope, 1, 1)[0]


def _truths(function: str, argument: Any, scope: Scope, least: int, most: int) -> list[bool]:
    values = evaluated(argument, scope) if isinstance(argument, list) else []
    if not least <= len(values) <= most or not all(isinstance(value, bool) for value in values):
        raise _badly(function, f"{least} to {most} conditions" if most > least else "a condition")
    return list(values)


def _contains(argument: Any, scope: Scope) -> bool:
    values = evaluated(argument, scope) if isinstance(argument, list) and len(argument) == 2 else None
    if values is None or not isinstance(values[0], list):
        raise _badly("Fn::Contains", "a list and a text")
    return written(values[1]) in [written(value) for value in values[0]]


def _find_in_map(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) != 3:
        raise _badly("Fn::FindInMap", "a mapping and two keys")
    place, found = [], scope.mappings
    for key in (written(evaluated(part, scope)) for part in argument):
        place.append(key)
        if not isinstance(found, Mapping) or key not in found:
            raise invalid(f"Template error: Unable to get mapping for {'::'.join(place)}")
        found = found[key]
    return found


def _text(value: Any, function: str) -> str:
    if value is NO_VALUE or isinstance(value, list | dict):
        raise _badly(function, "texts")
    return written(value)


def _badly(function: str, wanted: str) -> Exception:
    return invalid(f"Template error: {function} takes {wanted}.")


_FUNCTIONS: Mapping[str, Callable[[Any, Scope], Any]] = {
    "Condition": _condition,
    "Fn::And": lambda argument, scope: all(_truths("Fn::And", argument, scope, 2, 10)),
    "Fn::Base64": lambda argument, scope: base64.b64encode(str(evaluated(argument, scope)).encode()).decode(),
    "Fn::Contains": _contains,
    "Fn::Equals": _equals,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAtt": _get_att,
    "Fn::If": _if,
    "Fn::Join": _join,
    "Fn::Not": _not,
    "Fn::Or": lambda argument, scope: any(_truths("Fn::Or", argument, scope, 2, 10)),
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
    "Ref": _ref,
}
