"""Reads the JSON of a definition into its types; what is not of the form is refused with its place."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from local_sagemaker.sagemaker.pipelines.definition import durations, references
from local_sagemaker.sagemaker.pipelines.definition.document import (
    Branch,
    Definition,
    Parameter,
    ParameterType,
    PropertyFile,
    RetryPolicy,
    Step,
    StepType,
)
from local_sagemaker.sagemaker.pipelines.definition.refusals import unparsable
from local_sagemaker.sagemaker.resources.refusals import unsupported

_VERSION = "2020-12-01"
_DEEPEST = 100
_NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")
_PARAMETER_NAME = re.compile(r"[A-Za-z0-9\-_]{1,256}")
_CHECKS_AND_CALLS = ("Callback", "ClarifyCheck", "Cleanup", "ForEach", "Job", "Lambda", "Lineage", "QualityCheck")
_RESOURCES = ("AutoML", "EMR", "EMRServerless", "Endpoint", "EndpointConfig", "InferenceComponent", "NotebookJob")
_KNOWN_ELSEWHERE = frozenset((*_CHECKS_AND_CALLS, *_RESOURCES))
"""What AWS executes and we do not."""
_MEMBERS = frozenset(("Version", "Metadata", "Parameters", "PipelineExperimentConfig", "MlflowConfig", "Steps"))
_TEXT_MEMBERS = ("Name", "Type", "DisplayName", "Description")
_STEP_MEMBERS = frozenset((*_TEXT_MEMBERS, "Arguments", "DependsOn", "CacheConfig", "RetryPolicies", "PropertyFiles"))
_CACHED = frozenset({StepType.TRAINING, StepType.PROCESSING, StepType.TRANSFORM, StepType.TUNING})
_JSON_TYPES: Mapping[type, str] = {dict: "Object", list: "Array", str: "String"}
_TYPES: Mapping[ParameterType, tuple[type, ...]] = {
    ParameterType.STRING: (str,),
    ParameterType.INTEGER: (int,),
    ParameterType.FLOAT: (int, float),
    ParameterType.BOOLEAN: (bool,),
}


def read(text: str) -> Definition:
    """Read a definition.

    Raises
    ------
    AwsError
        `ValidationException` if it is not of the form, or has a type of step that is not executed here.
    """
    document = _document(text)
    if document.get("Version") != _VERSION:
        raise unparsable(f"Version '{document.get('Version')}' is not supported: it must be {_VERSION}.")
    _refuse_unknown(document, _MEMBERS, "the definition")
    if document.get("MlflowConfig"):
        raise unsupported("MlflowConfig in a pipeline's definition", "there is no MLflow server: leave it out.")
    steps: dict[str, Step] = {}
    for step in _steps(_of(document, "Steps", list, "the definition"), None):
        if step.name in steps:
            raise unparsable(f"Duplicate step name '{step.name}': step names must be unique within a pipeline.")
        steps[step.name] = step
    if not steps:
        raise unparsable("The definition has no steps.")
    return Definition(_parameters(document), steps, _of(document, "PipelineExperimentConfig", dict, "it", {}) or {})


def fits(parameter: Parameter, value: Any) -> bool:
    """Tell if a value is of a parameter's type."""
    is_flag = isinstance(value, bool)
    if isinstance(value, float) and not math.isfinite(value):
        return False
    return isinstance(value, _TYPES[parameter.type]) and is_flag == (parameter.type is ParameterType.BOOLEAN)


def _document(text: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
        json.dumps(document, ensure_ascii=False).encode()  # half a surrogate pair: no text that can be stored
    except (ValueError, RecursionError) as error:
        raise unparsable(f"It is not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise unparsable("Expecting start of Json Object.")
    _check_depth(document)
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _check_depth(document: Any) -> None:
    """Refuse what is nested so deeply that nobody could walk through it."""
    level = [document]
    for _ in range(_DEEPEST):
        inner = [item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list)]
        level = [item for items in inner for item in items]
    if level:
        raise unparsable(f"It is nested more than {_DEEPEST} levels deep.")


def _of(value: Mapping[str, Any], member: str, kind: type, place: str, default: Any = ...) -> Any:
    """Take a member of a type; without a default it must be there."""
    found = value.get(member)
    if found is None:
        if default is ...:
            raise unparsable(f"Missing '{member}' in {place}.")
        return default
    if not isinstance(found, kind):
        raise unparsable(f"Expecting start of Json {_JSON_TYPES.get(kind, kind.__name__)} for '{member}' in {place}.")
    return found


def _refuse_unknown(structure: Mapping[str, Any], known: frozenset[str], place: str) -> None:
    """Refuse members that nobody would hear."""
    for member in structure.keys() - known:
        raise unparsable(f"Unknown member '{member}' in {place}.")


def _parameters(document: Mapping[str, Any]) -> dict[str, Parameter]:
    found: dict[str, Parameter] = {}
    for item in _objects(_of(document, "Parameters", list, "the definition", []), "Parameters"):
        parameter = _parameter(item)
        if parameter.name in found:
            raise unparsable(f"Duplicate parameter name '{parameter.name}'.")
        found[parameter.name] = parameter
    return found


def _name(item: Mapping[str, Any], noun: str, form: re.Pattern[str]) -> str:
    name: str = _of(item, "Name", str, noun)
    if form.fullmatch(name) is None:
        raise unparsable(f"Invalid name '{name}' of {noun}: it must satisfy the pattern {form.pattern}.")
    return name


def _parameter(item: Mapping[str, Any]) -> Parameter:
    name = _name(item, "a parameter", _PARAMETER_NAME)
    kind = _of(item, "Type", str, f"parameter '{name}'")
    if kind not in set(ParameterType):
        raise unparsable(f"Parameter '{name}' has the type '{kind}': it must be one of {', '.join(ParameterType)}.")
    allowed = tuple(_of(item, "EnumValues", list, f"parameter '{name}'", []))
    parameter = Parameter(name, ParameterType(kind), item.get("DefaultValue"), allowed)
    if parameter.default is not None and not fits(parameter, parameter.default):
        raise unparsable(f"The default value {parameter.default!r} of parameter '{name}' is not of type {kind}.")
    if parameter.default is not None and allowed and parameter.default not in allowed:
        raise unparsable(f"The default value {parameter.default!r} of parameter '{name}' is not in its enum values.")
    return parameter


def _objects(items: Sequence[Any], place: str) -> Sequence[Mapping[str, Any]]:
    if any(not isinstance(item, dict) for item in items):
        raise unparsable(f"Expecting start of Json Object for each item of '{place}'.")
    return items


def _steps(items: Sequence[Any], branch: Branch | None) -> Iterator[Step]:
    for item in _objects(items, "Steps"):
        step = _step(item, branch)
        yield step
        if step.type is StepType.CONDITION:
            for member, outcome in (("IfSteps", True), ("ElseSteps", False)):
                inner = _of(step.arguments, member, list, f"step '{step.name}'", [])
                yield from _steps(inner, Branch(step.name, outcome))


def _step(item: Mapping[str, Any], branch: Branch | None) -> Step:
    name = _name(item, "a step", _NAME)
    place = f"step '{name}'"
    kind = _type(_of(item, "Type", str, place), name)
    _refuse_unknown(item, _STEP_MEMBERS, place)
    arguments = _of(item, "Arguments", dict, place, {} if kind is StepType.FAIL else ...)
    depends = _of(item, "DependsOn", list, place, [])
    return Step(
        name=name,
        type=kind,
        arguments=arguments,
        needs=frozenset(map(str, depends)) | references.steps_within(_evaluated(kind, arguments)),
        branch=branch,
        display_name=_of(item, "DisplayName", str, place, None),
        description=_of(item, "Description", str, place, None),
        cached_for=_cache(_of(item, "CacheConfig", dict, place, {}), kind, place),
        retry_policies=tuple(map(_policy, _objects(_of(item, "RetryPolicies", list, place, []), "RetryPolicies"))),
        property_files=dict(map(_property_file, _objects(_of(item, "PropertyFiles", list, place, []), place))),
    )


def _type(kind: str, name: str) -> StepType:
    if kind in set(StepType):
        return StepType(kind)
    if kind in _KNOWN_ELSEWHERE:
        raise unsupported(f"the step type {kind} (step '{name}')", f"use {', '.join(StepType)}.")
    raise unparsable(f"Unknown step type '{kind}' of step '{name}'.")


def _evaluated(kind: StepType, arguments: Mapping[str, Any]) -> Any:
    """What is evaluated when the step itself runs; a Condition's branches are steps of their own."""
    return arguments.get("Conditions") if kind is StepType.CONDITION else arguments


def _cache(config: Mapping[str, Any], kind: StepType, place: str) -> Any:
    if not config.get("Enabled"):
        return None
    if kind not in _CACHED:
        raise unparsable(f"CacheConfig is not supported for steps of type {kind} ({place}).")
    return durations.read(_of(config, "ExpireAfter", str, f"CacheConfig of {place}"))


def _policy(item: Mapping[str, Any]) -> RetryPolicy:
    exceptions = tuple(map(str, _of(item, "ExceptionType", list, "a retry policy")))
    numbers = {member: _number(item, member) for member in ("IntervalSeconds", "BackoffRate", "ExpireAfterMin")}
    attempts = _of(item, "MaxAttempts", int, "a retry policy", None)
    if attempts is not None and numbers["ExpireAfterMin"] is not None:
        raise unparsable("Only one of MaxAttempts and ExpireAfterMin can be given in a retry policy.")
    if numbers["ExpireAfterMin"] is None and attempts is None:
        attempts = 5
    interval, backoff = numbers["IntervalSeconds"], numbers["BackoffRate"]
    return RetryPolicy(
        exceptions,
        1.0 if interval is None else interval,
        2.0 if backoff is None else backoff,
        attempts,
        numbers["ExpireAfterMin"],
    )


def _number(item: Mapping[str, Any], member: str) -> float | None:
    value = item.get(member)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise unparsable(f"Invalid {member} '{value}' in a retry policy: it must be a number, 0 or more.")
    return float(value)


def _property_file(item: Mapping[str, Any]) -> tuple[str, PropertyFile]:
    name = _of(item, "PropertyFileName", str, "a property file")
    place = f"property file '{name}'"
    return name, PropertyFile(_of(item, "OutputName", str, place), _of(item, "FilePath", str, place))
