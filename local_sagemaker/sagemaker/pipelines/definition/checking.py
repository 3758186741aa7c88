"""Holds a whole definition to be executable, before a pipeline is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from local_sagemaker.protocol.json_service import service_model
from local_sagemaker.sagemaker.pipelines.definition import conditions, reading, references
from local_sagemaker.sagemaker.pipelines.definition.arguments import check_arguments
from local_sagemaker.sagemaker.pipelines.definition.document import Definition, Step, StepType
from local_sagemaker.sagemaker.pipelines.definition.graph import check_graph
from local_sagemaker.sagemaker.pipelines.definition.references import GET, JOIN, JSON_GET, PROPERTY_FILES, Reference
from local_sagemaker.sagemaker.pipelines.definition.refusals import unparsable
from local_sagemaker.sagemaker.pipelines.definition.step_kinds import KINDS, TRIALS

if TYPE_CHECKING:
    from botocore.model import Shape

_OF_EXECUTION = ("PipelineName", "PipelineArn", "PipelineExecutionId", "PipelineExecutionArn")
_VARIABLES = frozenset((*_OF_EXECUTION, "StartDateTime", "CurrentDateTime", "TrainingJobName", "ProcessingJobName"))
_EXPERIMENT = frozenset(("ExperimentName", "TrialName"))


def read_and_check(text: str) -> Definition:
    """Read a definition and check that all that it refers to is there.

    Raises
    ------
    AwsError
        `ValidationException` that says what is wrong, and in which step.
    """
    definition = reading.read(text)
    check_graph(definition.steps)
    if references.steps_within(definition.experiment):
        raise unparsable("PipelineExperimentConfig cannot refer to steps.")
    _check_expressions(definition.experiment, "PipelineExperimentConfig", definition)
    for step in definition.steps.values():
        place = f"step '{step.name}'"
        arguments = step.arguments
        if step.type is StepType.CONDITION:
            arguments = {"Conditions": conditions.of_step(step)}
        _check_expressions(arguments, place, definition)
        check_arguments(step, definition)
    return definition


def _check_expressions(value: Any, place: str, definition: Definition) -> None:
    function = references.function_of(value)
    if references.is_get(value):
        _check_reference(references.read(value[GET]), place, definition)
    elif function is not None:
        _check_call(function, value[function], place, definition)
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            _check_expressions(item, place, definition)


def _check_call(function: str, call: Any, place: str, definition: Definition) -> None:
    if function not in (JOIN, JSON_GET) or not isinstance(call, Mapping):
        raise unparsable(f"Unknown function '{function}' in {place}.")
    if function == JOIN and not isinstance(call.get("Values"), list):
        raise unparsable(f"{JOIN} needs the list 'Values' in {place}.")
    if function == JSON_GET:
        _check_json_get(call, place)
    for item in call.values():
        _check_expressions(item, place, definition)


def _check_json_get(call: Mapping[str, Any], place: str) -> None:
    if not isinstance(call.get("Path"), str) or ("PropertyFile" in call) == ("S3Uri" in call):
        raise unparsable(f"{JSON_GET} needs 'Path', and either 'PropertyFile' or 'S3Uri', in {place}.")
    list(references.split_path(call["Path"].removeprefix("$")))
    if "PropertyFile" in call and not references.is_get(call["PropertyFile"]):
        raise unparsable(f"{JSON_GET} needs 'PropertyFile' to be a reference in {place}.")


def _check_reference(reference: Reference, place: str, definition: Definition) -> None:
    if reference.source == "Steps":
        _check_property(reference, definition.steps[reference.name], place)
        return
    known: Mapping[str, Any] = {
        "Parameters": definition.parameters,
        "Execution": _VARIABLES,
        "PipelineExperimentConfig": _EXPERIMENT,
    }
    if reference.source not in known:
        raise unparsable(f"Invalid reference [{reference.text}] in {place}.")
    if reference.name not in known[reference.source]:
        noun = "parameter" if reference.source == "Parameters" else "variable"
        raise unparsable(f"Unknown {noun} [{reference.text}] in {place}.")


def _check_property(reference: Reference, step: Step, place: str) -> None:
    if reference.path[:1] == (PROPERTY_FILES,):
        if reference.path[1:2] and reference.path[1] in step.property_files:
            return
        raise unparsable(f"Unknown property file [{reference.text}] in {place}.")
    if step.type is StepType.CONDITION and reference.path == ("Outcome",):
        return
    if step.type not in KINDS or not _leads_somewhere(reference.path, KINDS[step.type].describe):
        raise unparsable(f"Unknown property reference [{reference.text}] in {place}.")


def _leads_somewhere(path: tuple[str | int, ...], describe: str) -> bool:
    model = service_model("sagemaker")
    shape: Shape | None = model.operation_model(describe).output_shape
    if describe == "DescribeHyperParameterTuningJob" and path[:1] == ("TrainingJobSummaries",):
        shape = model.operation_model(TRIALS).output_shape
    for part in path:
        shape = _below(shape, part)
        if shape is None:
            return False
    return bool(path)


def _below(shape: Any, part: str | int) -> Any:
    if shape.type_name == "structure":
        return shape.members.get(str(part))
    if shape.type_name == "map":
        return shape.value
    return shape.member if shape.type_name == "list" else None
