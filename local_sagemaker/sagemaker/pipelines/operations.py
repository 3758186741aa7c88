"""CreatePipeline, UpdatePipeline, DeletePipeline, DescribePipeline and ListPipelines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local_sagemaker.errors import AwsError
from local_sagemaker.protocol.json_service import Handler
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.pipelines.definition.checking import read_and_check
from local_sagemaker.sagemaker.pipelines.records import Pipeline, PipelineExecution
from local_sagemaker.sagemaker.pipelines.requests import definition_text
from local_sagemaker.sagemaker.pipelines.run import of_pipeline
from local_sagemaker.sagemaker.resources import arns, refusals
from local_sagemaker.sagemaker.resources.arns import Arns, Kind
from local_sagemaker.sagemaker.resources.listing import query
from local_sagemaker.sagemaker.resources.operations import ResourceOperations
from local_sagemaker.sagemaker.resources.table import Resources, now
from local_sagemaker.sagemaker.resources.tags import Tags

_DEFINITIONS = ("PipelineDefinition", "PipelineDefinitionS3Location")
_REPEATED = ("PipelineDisplayName", "PipelineDescription", "RoleArn", "ParallelismConfiguration")
"""What Describe repeats of the Create request and the updates."""


class PipelineOperations(ResourceOperations[Pipeline]):
    """The operations, over the pipelines' records and, for their latest runs, those of executions."""

    def __init__(
        self,
        records: Resources[Pipeline],
        executions: Resources[PipelineExecution],
        objects: ObjectStore,
        tags: Tags,
        arns_: Arns,
    ) -> None:
        super().__init__(Kind.PIPELINE, records, tags, arns_)
        self._executions = executions
        self._objects = objects

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {
            "CreatePipeline": self.create,
            "DeletePipeline": self.delete,
            "DescribePipeline": self.describe,
            "ListPipelines": self.list,
            "UpdatePipeline": self.update,
        }

    def find_named(self, name_or_arn: str) -> Pipeline:
        """Read the record of a pipeline that a client names, or gives the ARN of.

        Raises
        ------
        AwsError
            `ResourceNotFound` if it is not there.
        """
        place = arns.parse(name_or_arn)
        return self.find(place[1] if place else name_or_arn)

    def create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer CreatePipeline; the same request once more, by its token, is answered alike.

        Raises
        ------
        AwsError
            `ValidationException` if the name is taken or the definition cannot be executed.
        """
        text = definition_text(request, self._objects)
        if text is None:
            raise refusals.invalid("One of PipelineDefinition and PipelineDefinitionS3Location must be given.")
        read_and_check(text)
        name, time = request["PipelineName"], now()
        own = {member: value for member, value in request.items() if member not in _DEFINITIONS}
        with self._records.transaction():
            before = self._records.get(name)
            if before is None or (before.request, before.definition) != (own, text):
                self._add(Pipeline(name=name, request=own, created=time, modified=time, definition=text))
        return {"PipelineArn": self._arn(name)}

    def update(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer UpdatePipeline; executions under way go on with the definition that they began with.

        Raises
        ------
        AwsError
            `ResourceNotFound` if the pipeline is not there, `ValidationException` as `create`.
        """
        name, text = request["PipelineName"], definition_text(request, self._objects)
        self.find(name)
        if text is not None:
            read_and_check(text)
        changes = {member: request[member] for member in _REPEATED if member in request}

        def updated(pipeline: Pipeline) -> Pipeline:
            return replace(pipeline, request={**pipeline.request, **changes}, definition=text or pipeline.definition)

        if self._records.change(name, updated) is None:
            raise refusals.not_found(Kind.PIPELINE, self._arn(name))
        return {"PipelineArn": self._arn(name)}

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DeletePipeline; its executions go with it, what they made stays.

        Raises
        ------
        AwsError
            `ResourceNotFound` if the pipeline is not there, `ConflictException` if it is being executed.
        """
        name = request["PipelineName"]
        with self._records.transaction():
            executions = list(of_pipeline(self._executions, name))
            if any(not execution.status.ended for execution in executions):
                message = f"Pipeline {self._arn(name)} has executions in progress. Stop them before it is deleted."
                raise AwsError("ConflictException", message)
            self._remove(name)
            for execution in executions:
                self._executions.remove(execution.name)
                self._tags.forget(self._arns.of(Kind.PIPELINE_EXECUTION, execution.name))
        return {"PipelineArn": self._arn(name)}

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DescribePipeline."""
        pipeline = self.find_named(request["PipelineName"])
        latest = self._latest(pipeline.name)
        return {
            "PipelineArn": self._arn(pipeline.name),
            "PipelineName": pipeline.name,
            "PipelineDefinition": pipeline.definition,
            "PipelineStatus": "Active",
            "CreationTime": pipeline.created,
            "LastModifiedTime": pipeline.modified,
            **{member: pipeline.request[member] for member in _REPEATED if member in pipeline.request},
            **({"LastRunTime": latest.created} if latest else {}),
        }

    def list(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListPipelines."""
        records, token = self._records.page(query(Kind.PIPELINE, request))
        summaries = [self._summary(pipeline) for pipeline in records]
        return {"PipelineSummaries": summaries, **({"NextToken": token} if token else {})}

    def _summary(self, pipeline: Pipeline) -> dict[str, Any]:
        latest = self._latest(pipeline.name)
        shown = ("PipelineDisplayName", "PipelineDescription", "RoleArn")
        return {
            "PipelineArn": self._arn(pipeline.name),
            "PipelineName": pipeline.name,
            "CreationTime": pipeline.created,
            "LastModifiedTime": pipeline.modified,
            **{member: pipeline.request[member] for member in shown if member in pipeline.request},
            **({"LastExecutionTime": latest.created} if latest else {}),
        }

    def _latest(self, name: str) -> PipelineExecution | None:
        return next(of_pipeline(self._executions, name, at_once=1), None)
