"""Holds a step's arguments to the request that they become: members, types of parameters, values of enumerations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from local_sagemaker.protocol.json_service import service_model
from local_sagemaker.sagemaker.pipelines.definition import references
from local_sagemaker.sagemaker.pipelines.definition.document import Definition, ParameterType, Step
from local_sagemaker.sagemaker.pipelines.definition.references import GET, JOIN
from local_sagemaker.sagemaker.pipelines.definition.refusals import unparsable
from local_sagemaker.sagemaker.pipelines.definition.step_kinds import KINDS

if TYPE_CHECKING:
    from botocore.model import Shape

_TAKEN: Mapping[str, frozenset[ParameterType]] = {
    "string": frozenset({ParameterType.STRING}),
    "integer": frozenset({ParameterType.INTEGER}),
    "long": frozenset({ParameterType.INTEGER}),
    "float": frozenset({ParameterType.INTEGER, ParameterType.FLOAT}),
    "double": frozenset({ParameterType.INTEGER, ParameterType.FLOAT}),
    "boolean": frozenset({ParameterType.BOOLEAN}),
}
_PYTHON: Mapping[str, type | tuple[type, ...]] = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "boolean": bool,
}
_NAMES = {"structure": "Object", "map": "Object", "list": "Array"}


def check_arguments(step: Step, definition: Definition) -> None:
    """Check the arguments of a step that becomes a request.

    Raises
    ------
    AwsError
        `ValidationException` that names the member and the step.
    """
    if step.type in KINDS:
        shape = service_model("sagemaker").operation_model(KINDS[step.type].create).input_shape
        _check(step.arguments, shape, "", step, definition)


def _check(value: Any, shape: Shape | None, member: str, step: Step, definition: Definition) -> None:
    if shape is None or value is None:
        return
    if references.is_get(value) or references.function_of(value):
        _check_expression(value, shape, step, definition)
        return
    kind = shape.type_name
    if kind in _PYTHON and not _is(value, kind):
        wanted = f"start of Json {_NAMES[kind]}" if kind in _NAMES else kind.title()
        raise unparsable(f"Expecting {wanted} for '{member}' in step '{step.name}'.")
    if kind == "structure":
        for name, item in value.items():
            _check_member(name, item, shape, step, definition)
    elif kind == "map":
        for item in value.values():
            _check(item, shape.value, member, step, definition)  # type: ignore[attr-defined]
    elif kind == "list":
        for item in value:
            _check(item, shape.member, member, step, definition)  # type: ignore[attr-defined]
    elif kind == "string":
        _check_enum(value, shape, step)


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _PYTHON[kind]) and isinstance(value, bool) == (kind == "boolean")


def _check_member(name: str, item: Any, shape: Any, step: Step, definition: Definition) -> None:
    if name not in shape.members:
        raise unparsable(f"Unknown Argument member '{name}' (step '{step.name}')")
    _check(item, shape.members[name], name, step, definition)


def _check_enum(value: str, shape: Any, step: Step) -> None:
    if shape.enum and value not in shape.enum:
        allowed = ", ".join(shape.enum)
        raise unparsable(
            f"Model Validation failed: Value '{value}' for '{shape.name}' failed to satisfy enum value set: "
            f"[{allowed}] (step '{step.name}')"
        )


def _check_expression(value: Mapping[str, Any], shape: Shape, step: Step, definition: Definition) -> None:
    """Refuse a parameter where its type does not fit; what steps and files will give is seen when it is there."""
    kind, text = shape.type_name, value.get(GET, JOIN)
    fits = True
    if JOIN in value:
        fits = kind == "string"
    elif references.is_get(value):
        reference = references.read(value[GET])
        parameter = definition.parameters.get(reference.name) if reference.source == "Parameters" else None
        fits = parameter is None or parameter.type in _TAKEN.get(kind, frozenset())
    if not fits:
        raise unparsable(
            f"Cannot assign property reference [{text}] to argument of type [{kind.title()}] (step '{step.name}')"
        )
