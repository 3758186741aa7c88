"""Whether a described resource passes the filters of a search.

The names and operators are those of `Filter` in SageMaker's API reference: a property is named as in the answer to
Describe, with dots (`ModelArtifacts.S3ModelArtifacts`), a tag as `Tags.<key>`, a metric's last value as
`Metrics.<name>`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from local_sagemaker.sagemaker.resources.refusals import invalid

Value = str | float

_WITHOUT_VALUE = ("Exists", "NotExists")


def check(condition: Mapping[str, str]) -> None:
    """Refuse a filter whose operator needs a value and that has none.

    Raises
    ------
    AwsError
        `ValidationException`.
    """
    operator = condition.get("Operator", "Equals")
    if operator not in _WITHOUT_VALUE and "Value" not in condition:
        raise invalid(f"The filter on {condition['Name']} has the operator {operator} and no Value.")


def passes(described: Mapping[str, Any], condition: Mapping[str, str]) -> bool:
    """Tell if a resource passes one filter."""
    operator, found = condition.get("Operator", "Equals"), list(values(described, condition["Name"]))
    if operator in _WITHOUT_VALUE:
        return bool(found) is (operator == "Exists")
    wanted = condition["Value"]
    if operator == "NotEquals":
        return not any(_equals(value, wanted) for value in found)
    return any(_OPERATORS[operator](value, wanted) for value in found)


def values(described: Mapping[str, Any], name: str) -> Iterator[Value]:
    """Find the values of a property, of which a resource with lists can have many."""
    kind, _, rest = name.partition(".")
    if kind == "Tags" and rest not in ("Key", "Value"):
        yield from (tag["Value"] for tag in described.get("Tags", ()) if tag["Key"] == rest)
    elif kind == "Metrics":
        yield from (each["Value"] for each in described.get("FinalMetricDataList", ()) if each["MetricName"] == rest)
    else:
        yield from _below(described, name)


def _below(value: Any, name: str) -> Iterator[Value]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _below(item, name)
    elif isinstance(value, Mapping):
        first, _, rest = name.partition(".")
        if name in value:
            yield from _below(value[name], "")
        elif first in value:
            yield from _below(value[first], rest)
    elif value is not None and not name:
        yield value.timestamp() if isinstance(value, datetime) else value


def _equals(value: Value, wanted: str) -> bool:
    return value == wanted if isinstance(value, str) else value == _number(wanted)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Value, str], bool]:
    def holds(value: Value, wanted: str) -> bool:
        if isinstance(value, str):
            return compare(value, wanted)
        number = _number(wanted)
        return number is not None and compare(value, number)

    return holds


def _number(text: str) -> float | None:
    """Read what numbers and times are compared with: a number, or a time in ISO 8601."""
    for read in (float, _timestamp):
        with suppress(ValueError):
            return read(text)
    return None


def _timestamp(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


_OPERATORS: Mapping[str, Callable[[Value, str], bool]] = {
    "Equals": _equals,
    "GreaterThan": _ordered(lambda value, wanted: bool(value > wanted)),
    "GreaterThanOrEqualTo": _ordered(lambda value, wanted: bool(value >= wanted)),
    "LessThan": _ordered(lambda value, wanted: bool(value < wanted)),
    "LessThanOrEqualTo": _ordered(lambda value, wanted: bool(value <= wanted)),
    "Contains": lambda value, wanted: isinstance(value, str) and wanted in value,
    "In": lambda value, wanted: any(_equals(value, each.strip()) for each in wanted.split(",")),
}
