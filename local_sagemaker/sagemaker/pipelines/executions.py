"""The operations on executions, from StartPipelineExecution to the lists of them, of their steps and parameters."""

from __future__ import annotations

import hashlib
import string
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local_sagemaker.errors import AwsError
from local_sagemaker.http.region import RequestOf
from local_sagemaker.protocol.json_service import Handler
from local_sagemaker.sagemaker.pipelines import descriptions
from local_sagemaker.sagemaker.pipelines.definition import reading
from local_sagemaker.sagemaker.pipelines.definition.document import Definition
from local_sagemaker.sagemaker.pipelines.evaluation.values import evaluated
from local_sagemaker.sagemaker.pipelines.operations import PipelineOperations
from local_sagemaker.sagemaker.pipelines.records import (
    ExecutionStatus,
    Pipeline,
    PipelineExecution,
    StepStatus,
)
from local_sagemaker.sagemaker.pipelines.requests import check_selection, parameter_values, reused_steps
from local_sagemaker.sagemaker.pipelines.run import ExecutionRun, prefix_of
from local_sagemaker.sagemaker.pipelines.steps.scope import Surroundings, scope_of
from local_sagemaker.sagemaker.resources import arns, refusals
from local_sagemaker.sagemaker.resources.arns import Kind
from local_sagemaker.sagemaker.resources.listing import query
from local_sagemaker.sagemaker.resources.operations import ResourceOperations
from local_sagemaker.sagemaker.resources.table import Resources, now
from local_sagemaker.sagemaker.resources.tags import Tags
from local_sagemaker.sagemaker.running.handover import Handover
from local_sagemaker.sagemaker.running.jobs import Jobs

_ID_LETTERS = string.digits + string.ascii_lowercase
_ID_LENGTH = 12
_CHANGEABLE = ("PipelineExecutionDescription", "PipelineExecutionDisplayName")


class PipelineExecutionOperations(ResourceOperations[PipelineExecution]):
    """The operations, over the executions' records and the threads that run them."""

    def __init__(
        self,
        records: Resources[PipelineExecution],
        pipelines: PipelineOperations,
        running: Jobs,
        around: Surroundings,
        tags: Tags,
    ) -> None:
        super().__init__(Kind.PIPELINE_EXECUTION, records, tags, around.arns)
        self._pipelines = pipelines
        self._running = running
        self._around = around

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {
            "DescribePipelineDefinitionForExecution": self.describe_definition,
            "DescribePipelineExecution": self.describe,
            "ListPipelineExecutionSteps": self.list_steps,
            "ListPipelineExecutions": self.list,
            "ListPipelineParametersForExecution": self.list_parameters,
            "RetryPipelineExecution": self.retry,
            "StartPipelineExecution": self.start,
            "StopPipelineExecution": self.stop,
            "UpdatePipelineExecution": self.update,
        }

    def start(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer StartPipelineExecution; the same request once more, by its token, is answered alike.

        Raises
        ------
        AwsError
            `ResourceNotFound` if the pipeline is not there, `ValidationException` for parameters and selected steps
            that do not fit it.
        """
        with Handover() as handover, self._records.transaction():
            pipeline = self._pipelines.find_named(request["PipelineName"])
            name = prefix_of(pipeline.name) + _id_of(pipeline, request["ClientRequestToken"])
            if self._records.get(name) is None:
                execution = self._new(name, pipeline, request)
                self._add(execution)
                self._run(execution, handover)
        return {"PipelineExecutionArn": self._arn(name)}

    def stop(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer StopPipelineExecution; running jobs are stopped, and nothing more is begun.

        Raises
        ------
        AwsError
            `ResourceNotFound` if the execution is not there, `ValidationException` if it has ended.
        """
        name, token = self._named(request), f"stop {request['ClientRequestToken']}"

        def stopping(execution: PipelineExecution) -> PipelineExecution:
            if token in execution.tokens:
                return execution
            if execution.status is not ExecutionStatus.EXECUTING:
                raise self._not_in_status(execution, "stopped", "Executing")
            return replace(execution, status=ExecutionStatus.STOPPING, tokens=(*execution.tokens, token))

        self._records.change(name, stopping)
        return {"PipelineExecutionArn": self._arn(name)}

    def retry(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer RetryPipelineExecution: the steps that have not succeeded are run again, under the same ARN.

        Raises
        ------
        AwsError
            `ResourceNotFound` if the execution is not there, `ValidationException` unless it has failed or was stopped.
        """
        name, token = self._named(request), f"retry {request['ClientRequestToken']}"
        with Handover() as handover, self._records.transaction():
            if token not in self.find(name).tokens:
                execution = self._records.change(name, lambda one: self._retried(one, request, token))
                if execution is not None:
                    self._run(execution, handover)
        return {"PipelineExecutionArn": self._arn(name)}

    def update(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer UpdatePipelineExecution."""
        name = self._named(request)
        changes = {member: request[member] for member in _CHANGEABLE if member in request}

        def updated(execution: PipelineExecution) -> PipelineExecution:
            parallelism = _parallelism(request) or execution.parallelism
            return replace(execution, request={**execution.request, **changes}, parallelism=parallelism)

        self._records.change(name, updated)
        return {"PipelineExecutionArn": self._arn(name)}

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DescribePipelineExecution."""
        return descriptions.execution(self.find(self._named(request)), self._arns)

    def describe_definition(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DescribePipelineDefinitionForExecution."""
        execution = self.find(self._named(request))
        return {"PipelineDefinition": execution.definition, "CreationTime": execution.created}

    def list(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListPipelineExecutions."""
        pipeline = self._pipelines.find_named(request["PipelineName"])
        page = query(self._kind, {**request, "PipelineNamePrefix": prefix_of(pipeline.name)})
        records, token = self._records.page(page)
        summaries = [descriptions.summary(execution, self._arns) for execution in records]
        return {"PipelineExecutionSummaries": summaries, **({"NextToken": token} if token else {})}

    def list_steps(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListPipelineExecutionSteps, those begun last first unless asked otherwise."""
        if "PipelineExecutionArn" not in request:
            raise refusals.invalid("PipelineExecutionArn must be given.")
        return descriptions.steps(self.find(self._named(request)), request, self._arns)

    def list_parameters(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListPipelineParametersForExecution."""
        return descriptions.parameters(self.find(self._named(request)), request)

    def recover(self) -> None:
        """Go on, at the server's start, with the executions that were in progress."""
        for execution in self._records.all():
            if not execution.status.ended:
                with RequestOf(execution.region), Handover() as handover:
                    self._run(execution, handover)

    def _run(self, execution: PipelineExecution, handover: Handover) -> None:
        self._running.start(execution.name, ExecutionRun(execution, self._records, self._around).run, handover)

    def _named(self, request: Mapping[str, Any]) -> str:
        """Read the name of the execution that a request is about; raises if it is not there."""
        arn = request["PipelineExecutionArn"]
        place = arns.parse(arn)
        if place is None or place[0] is not Kind.PIPELINE_EXECUTION or self._records.get(place[1]) is None:
            raise refusals.not_found(Kind.PIPELINE_EXECUTION, arn)
        return place[1]

    def _new(self, name: str, pipeline: Pipeline, request: Mapping[str, Any]) -> PipelineExecution:
        definition, time = reading.read(pipeline.definition), now()
        execution = PipelineExecution(
            name=name,
            request={"PipelineExecutionDisplayName": f"execution-{int(time.timestamp() * 1000)}", **request},
            created=time,
            modified=time,
            pipeline=pipeline.name,
            region=self._arns.region,
            definition=pipeline.definition,
            status=ExecutionStatus.EXECUTING,
            parameters=parameter_values(definition, request.get("PipelineParameters", ())),
            experiment={},
            parallelism=_parallelism(request) or _parallelism(pipeline.request),
        )
        execution = self._selective(execution, definition, request.get("SelectiveExecutionConfig"))
        return replace(execution, experiment=self._experiment(execution, definition))

    def _experiment(self, execution: PipelineExecution, definition: Definition) -> dict[str, str]:
        scope = scope_of(execution, definition, self._around, {})
        names = {member: str(evaluated(value, scope)) for member, value in definition.experiment.items()}
        return {member: name.lower() if member == "ExperimentName" else name for member, name in names.items()}

    def _selective(
        self, execution: PipelineExecution, definition: Definition, config: Mapping[str, Any] | None
    ) -> PipelineExecution:
        if config is None:
            return execution
        names = tuple(step["StepName"] for step in config["SelectedSteps"])
        check_selection(names, definition)
        source = self._source(execution, config.get("SourcePipelineExecutionArn"))
        reused = reused_steps(names, definition, source)
        origin = source.name if source else None
        steps = tuple(replace(step, reused_from=step.reused_from or origin) for step in reused)
        return replace(execution, selected=names, steps=steps)

    def _source(self, execution: PipelineExecution, arn: str | None) -> PipelineExecution | None:
        if arn is None:
            return None
        source = self.find(self._named({"PipelineExecutionArn": arn}))
        if source.pipeline != execution.pipeline:
            raise refusals.invalid(f"Invalid SourcePipelineExecutionArn: {arn} is not of this pipeline.")
        return source

    def _retried(self, execution: PipelineExecution, request: Mapping[str, Any], token: str) -> PipelineExecution:
        if execution.status not in (ExecutionStatus.FAILED, ExecutionStatus.STOPPED):
            raise self._not_in_status(execution, "retried", "Failed or Stopped")
        return replace(
            execution,
            status=ExecutionStatus.EXECUTING,
            failure_reason=None,
            steps=tuple(step for step in execution.steps if step.status is StepStatus.SUCCEEDED),
            parallelism=_parallelism(request) or execution.parallelism,
            tokens=(*execution.tokens, token),
        )

    def _not_in_status(self, execution: PipelineExecution, done: str, needed: str) -> AwsError:
        return refusals.invalid(
            f"Pipeline execution with ARN {self._arn(execution.name)} is in status {execution.status}: only one in "
            f"status {needed} can be {done}."
        )


def _parallelism(request: Mapping[str, Any]) -> int | None:
    most: int | None = request.get("ParallelismConfiguration", {}).get("MaxParallelExecutionSteps")
    return most


def _id_of(pipeline: Pipeline, token: str) -> str:
    """Make the id of an execution out of the token of its request, so that the request twice makes one execution."""
    seed = f"{pipeline.name} {pipeline.created.timestamp()} {token}"
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big")
    letters = []
    for _ in range(_ID_LENGTH):
        number, digit = divmod(number, len(_ID_LETTERS))
        letters.append(_ID_LETTERS[digit])
    return "".join(letters)
