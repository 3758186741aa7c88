"""Whether a described resource satisfies a search's expression: filters, nested filters, expressions within it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from local_sagemaker.sagemaker.resources.refusals import invalid, unsupported
from local_sagemaker.sagemaker.search import filters

Expression = Mapping[str, Any]

_PARTS = {"Filters", "NestedFilters", "SubExpressions", "Operator"}


def check(expression: Expression) -> None:
    """Refuse an expression that cannot be evaluated, and what a newer client may have put into one.

    Raises
    ------
    AwsError
        `ValidationException`, saying which filter is wrong.
    """
    for unknown in sorted(set(expression) - _PARTS):
        raise unsupported(f"{unknown} in an expression of Search", "leave it out.")
    for condition in expression.get("Filters", ()):
        filters.check(condition)
    for nested in expression.get("NestedFilters", ()):
        _check_nested(nested)
    for within in expression.get("SubExpressions", ()):
        check(within)


def satisfies(described: Mapping[str, Any], expression: Expression) -> bool:
    """Tell if a resource is what an expression asks for; one that says nothing asks for everything."""
    held = list(_parts(described, expression))
    return not held or (any(held) if expression.get("Operator") == "Or" else all(held))


def _parts(described: Mapping[str, Any], expression: Expression) -> Iterator[bool]:
    for condition in expression.get("Filters", ()):
        yield filters.passes(described, condition)
    for nested in expression.get("NestedFilters", ()):
        yield _one_item_passes(described, nested)
    for within in expression.get("SubExpressions", ()):
        yield satisfies(described, within)


def _one_item_passes(described: Mapping[str, Any], nested: Mapping[str, Any]) -> bool:
    """Tell if a single item of the list passes all filters, which is what tells these from plain ones."""
    conditions = [{**each, "Name": _within(nested, each["Name"])} for each in nested["Filters"]]
    items = _items(described, nested["NestedPropertyName"].split("."))
    return any(all(filters.passes(item, each) for each in conditions) for item in items)


def _items(value: Any, names: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _items(item, names)
    elif isinstance(value, Mapping):
        if not names:
            yield value
        elif names[0] in value:
            yield from _items(value[names[0]], names[1:])


def _check_nested(nested: Mapping[str, Any]) -> None:
    for condition in nested["Filters"]:
        filters.check(condition)
        if not _within(nested, condition["Name"]):
            place = nested["NestedPropertyName"]
            raise invalid(f"The nested filter on {condition['Name']} must name a property of {place}: {place}.….")


def _within(nested: Mapping[str, Any], name: str) -> str:
    """Name a property as seen from the item, or nothing if it is none of the item's."""
    place = f"{nested['NestedPropertyName']}."
    return name.removeprefix(place) if name.startswith(place) else ""
