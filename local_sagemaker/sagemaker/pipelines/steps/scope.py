"""What the expressions of one step of a running execution refer to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from local_sagemaker.errors import AwsError
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.pipelines.definition.document import Definition, StepType
from local_sagemaker.sagemaker.pipelines.definition.step_kinds import KINDS
from local_sagemaker.sagemaker.pipelines.evaluation import property_paths
from local_sagemaker.sagemaker.pipelines.evaluation.property_paths import NotThere
from local_sagemaker.sagemaker.pipelines.evaluation.values import Scope, Unresolvable
from local_sagemaker.sagemaker.pipelines.records import PipelineExecution, StepStatus
from local_sagemaker.sagemaker.pipelines.steps.calls import Ask, described
from local_sagemaker.sagemaker.resources import s3_uris
from local_sagemaker.sagemaker.resources.arns import Arns, Kind
from local_sagemaker.sagemaker.resources.table import now

_LARGEST_FILE = 16 << 20


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all executions share: the other operations, S3, and the writer of ARNs."""

    ask: Ask
    objects: ObjectStore
    arns: Arns


def scope_of(
    execution: PipelineExecution, definition: Definition, around: Surroundings, job: Mapping[str, str]
) -> Scope:
    """Put together what a step can refer to; `job` has the variables with the name of its own job."""
    steps = _StepValues(execution, definition, around)
    return Scope(
        given={
            "Parameters": execution.parameters,
            "Execution": {**variables(execution, around.arns), **job},
            "PipelineExperimentConfig": execution.experiment,
        },
        properties=steps.properties,
        property_file=steps.property_file,
        json_at=steps.json_at,
    )


def variables(execution: PipelineExecution, arns: Arns) -> dict[str, str]:
    """Give the execution variables that any step can use."""
    return {
        "PipelineName": execution.pipeline,
        "PipelineArn": arns.of(Kind.PIPELINE, execution.pipeline),
        "PipelineExecutionId": execution.id,
        "PipelineExecutionArn": arns.of(Kind.PIPELINE_EXECUTION, execution.name),
        "StartDateTime": _written(execution.created),
        "CurrentDateTime": _written(now()),
    }


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _written(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class _StepValues:
    """What the steps before have left."""

    execution: PipelineExecution
    definition: Definition
    around: Surroundings

    def properties(self, name: str) -> Mapping[str, Any]:
        record, step = self.execution.step(name), self.definition.steps[name]
        if record is None or record.status is not StepStatus.SUCCEEDED:
            raise Unresolvable(f"Step '{name}' has no properties: it has not succeeded.")
        if step.type is StepType.CONDITION:
            return {"Outcome": str(record.outcome)}
        if step.type not in KINDS or record.handle is None:
            raise Unresolvable(f"Step '{name}' has no properties.")
        try:
            return described(self.around.ask, step.type, record.handle)
        except AwsError as error:
            raise Unresolvable(f"Step '{name}' has no properties any more: {error.message}") from error

    def property_file(self, step: str, name: str) -> Any:
        file = self.definition.steps[step].property_files[name]
        try:
            path = ("ProcessingOutputConfig", "Outputs", file.output, "S3Output", "S3Uri")
            folder = property_paths.look_up(self.properties(step), path)
        except NotThere as error:
            raise Unresolvable(f"Property file '{name}': step '{step}' has no output '{file.output}'.") from error
        return self.json_at(f"{str(folder).rstrip('/')}/{file.path}")

    def json_at(self, uri: str) -> Any:
        try:
            with s3_uris.opened(self.around.objects, s3_uris.parse(uri)) as stream:
                text = stream.read(_LARGEST_FILE)
            return json.loads(text, parse_constant=_refuse_constant)
        except AwsError as error:
            raise Unresolvable(f"The property file {uri} cannot be read: {error.message}") from error
        except (ValueError, RecursionError) as error:
            raise Unresolvable(f"The property file {uri} is not JSON: {error}") from error
