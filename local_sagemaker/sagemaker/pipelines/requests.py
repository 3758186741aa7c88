"""Reads what requests say of a definition, of parameters and of selected steps, and refuses what does not fit."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local_sagemaker.errors import AwsError
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.pipelines.definition.document import Definition, Parameter, ParameterType
from local_sagemaker.sagemaker.pipelines.definition.graph import ancestors
from local_sagemaker.sagemaker.pipelines.records import ExecutionStatus, PipelineExecution, StepExecution, StepStatus
from local_sagemaker.sagemaker.resources import s3_uris
from local_sagemaker.sagemaker.resources.refusals import invalid
from local_sagemaker.sagemaker.resources.s3_uris import S3Uri

_LARGEST_DEFINITION = 1_048_576
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_LARGEST = 2**63
_FLAGS = {"true": True, "false": False}


def definition_text(request: Mapping[str, Any], objects: ObjectStore) -> str | None:
    """Give the definition of a request, inline or from S3; None if it has none.

    Raises
    ------
    AwsError
        `ValidationException` if there are two, or S3 has none.
    """
    if "PipelineDefinition" in request and "PipelineDefinitionS3Location" in request:
        raise invalid("Only one of PipelineDefinition and PipelineDefinitionS3Location can be given.")
    if "PipelineDefinitionS3Location" not in request:
        text: str | None = request.get("PipelineDefinition")
        return text
    location = request["PipelineDefinitionS3Location"]
    return _read_from_s3(S3Uri(location["Bucket"], location["ObjectKey"]), objects)


def _read_from_s3(place: S3Uri, objects: ObjectStore) -> str:
    try:
        with s3_uris.opened(objects, place) as stream:
            content = stream.read(_LARGEST_DEFINITION + 1)
        text = content.decode()
    except AwsError as error:
        raise invalid(f"Unable to read the pipeline definition: {error.message}") from error
    except UnicodeDecodeError as error:
        raise invalid(f"Unable to read the pipeline definition: {place} is not UTF-8.") from error
    if len(content) > _LARGEST_DEFINITION:
        raise invalid(f"Unable to read the pipeline definition: {place} is larger than {_LARGEST_DEFINITION:,} bytes.")
    return text


def parameter_values(definition: Definition, given: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Give each parameter its value: the request's, which is a text, or the default.

    Raises
    ------
    AwsError
        `ValidationException` if a parameter is unknown, has no value, or a value is not of its type.
    """
    texts = {item["Name"]: item["Value"] for item in given}
    if unknown := sorted(texts.keys() - definition.parameters.keys()):
        raise invalid(f"Unknown pipeline parameters: [{', '.join(unknown)}].")
    values = {
        name: _value(parameter, texts[name]) if name in texts else parameter.default
        for name, parameter in definition.parameters.items()
    }
    if missing := [name for name, value in values.items() if value is None]:
        raise invalid(f"Missing values for pipeline parameters: [{', '.join(missing)}]. They have no default.")
    return values


def _value(parameter: Parameter, text: str) -> Any:
    try:
        value = _READERS[parameter.type](text)
    except (ValueError, KeyError) as error:
        raise invalid(f"Invalid value '{text}' for parameter '{parameter.name}' of type {parameter.type}.") from error
    if parameter.allowed and value not in parameter.allowed:
        allowed = ", ".join(map(str, parameter.allowed))
        raise invalid(f"Invalid value '{text}' for parameter '{parameter.name}': it must be one of [{allowed}].")
    return value


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or "_" in text:
        raise ValueError(text)
    return value


def _integer(text: str) -> int:
    if _INTEGER.fullmatch(text) is None or not -_LARGEST <= int(text) < _LARGEST:
        raise ValueError(text)
    return int(text)


_READERS: Mapping[ParameterType, Callable[[str], Any]] = {
    ParameterType.STRING: str,
    ParameterType.INTEGER: _integer,
    ParameterType.FLOAT: _number,
    ParameterType.BOOLEAN: lambda text: _FLAGS[text.lower()],
}


def check_selection(names: Sequence[str], definition: Definition) -> None:
    """Refuse selected steps that are not there, or that leave a gap between each other.

    Raises
    ------
    AwsError
        `ValidationException` that names the steps.
    """
    if unknown := sorted(set(names) - definition.steps.keys()):
        raise invalid(f"Invalid SelectedSteps: [{', '.join(unknown)}] are not steps of the pipeline.")
    above = {name: ancestors(name, definition.steps) for name in definition.steps}
    between = {
        gap for low in names for gap in above[low] if gap not in names and any(high in above[gap] for high in names)
    }
    if between:
        raise invalid(
            f"Invalid SelectedSteps: all steps between two selected steps must be selected, too: "
            f"[{', '.join(sorted(between))}]."
        )


def reused_steps(
    names: Sequence[str], definition: Definition, source: PipelineExecution | None
) -> tuple[StepExecution, ...]:
    """Take the steps that selected steps depend on from an earlier execution.

    Raises
    ------
    AwsError
        `ValidationException` if there is none, it has not ended, or a step has not succeeded there.
    """
    needed = sorted({need for name in names for need in definition.steps[name].needs} - set(names))
    if not needed:
        return ()
    if source is None:
        raise invalid(
            f"Invalid SourcePipelineExecutionArn: null. The selected steps [{', '.join(names)}] have dependencies on "
            f"[{', '.join(needed)}]"
        )
    if source.status not in (ExecutionStatus.SUCCEEDED, ExecutionStatus.FAILED):
        raise invalid(f"Invalid SourcePipelineExecutionArn: the execution is in status {source.status}.")
    found = {step.name: step for step in source.steps if step.status is StepStatus.SUCCEEDED}
    if missing := [name for name in needed if name not in found]:
        raise invalid(f"Invalid SourcePipelineExecutionArn: [{', '.join(missing)}] have not succeeded there.")
    return tuple(found[name] for name in needed)
