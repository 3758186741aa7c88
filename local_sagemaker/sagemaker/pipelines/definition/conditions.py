"""The form of conditions: the members that each type has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_sagemaker.sagemaker.pipelines.definition.document import Step
from local_sagemaker.sagemaker.pipelines.definition.refusals import unparsable

_COMPARISONS = ("Equals", "GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo")
_OPERANDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_COMPARISONS, ("LeftValue", "RightValue")),
    "In": ("QueryValue", "Values"),
    "Not": (),
    "Or": ("Conditions",),
}
_LISTS = frozenset(("Values", "Conditions"))


def of_step(step: Step) -> list[Any]:
    """Give the conditions of a Condition step, which are all to be true.

    Raises
    ------
    AwsError
        `ValidationException` if there are none, or one is not of the form.
    """
    conditions = step.arguments.get("Conditions")
    if not isinstance(conditions, list) or not conditions:
        raise unparsable(f"Missing 'Conditions' in step '{step.name}'.")
    for condition in conditions:
        _check(condition, step.name)
    return conditions


def negated(condition: Mapping[str, Any]) -> Any:
    """Give the condition that a Not is about; the SDKs write it as `Condition`, the schema as `Expression`."""
    return condition.get("Expression", condition.get("Condition"))


def _check(condition: Any, step: str) -> None:
    kind = condition.get("Type") if isinstance(condition, Mapping) else None
    if not isinstance(kind, str) or kind not in _OPERANDS:
        raise unparsable(f"Unknown condition type '{kind}' in step '{step}'.")
    for member in _OPERANDS[kind]:
        if member not in condition or (member in _LISTS and not isinstance(condition[member], list)):
            raise unparsable(f"Missing '{member}' in a condition of type {kind} in step '{step}'.")
    if kind == "Not":
        _check(negated(condition), step)
    for inner in condition["Conditions"] if kind == "Or" else ():
        _check(inner, step)
