"""Decides conditions: comparisons of values, and Not, Or and In over them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from local_sagemaker.sagemaker.pipelines.definition.conditions import negated
from local_sagemaker.sagemaker.pipelines.evaluation.values import Scope, Unresolvable, evaluated

_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}


def holds(condition: Mapping[str, Any], scope: Scope) -> bool:
    """Tell if a condition is true.

    Raises
    ------
    Unresolvable
        If a value in it is not there, or two values have no order.
    """
    kind = condition["Type"]
    if kind == "Not":
        return not holds(negated(condition), scope)
    if kind == "Or":
        return any(holds(one, scope) for one in condition["Conditions"])
    if kind == "In":
        query, values = evaluated(condition["QueryValue"], scope), evaluated(condition["Values"], scope)
        return any(_equal(query, value) for value in values)
    left, right = evaluated(condition["LeftValue"], scope), evaluated(condition["RightValue"], scope)
    return _equal(left, right) if kind == "Equals" else _ordered(kind, left, right)


def _equal(left: Any, right: Any) -> bool:
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _ordered(kind: str, left: Any, right: Any) -> bool:
    for value in (left, right):
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise Unresolvable(f"{kind} cannot compare {value!r}.")
    if isinstance(left, str) != isinstance(right, str):
        raise Unresolvable(f"{kind} cannot compare {left!r} with {right!r}.")
    return _ORDERS[kind](left, right)
