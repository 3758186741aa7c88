"""Pipelines made, executed and looked at, through a real client."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from tests.local_sagemaker.sagemaker.cloud import ROLE, Cloud
from tests.local_sagemaker.sagemaker.processes import until

ENDED = frozenset(("Succeeded", "Failed", "Stopped"))


class Pipelines:
    """A cloud's pipelines."""

    def __init__(self, cloud: Cloud) -> None:
        self._client = cloud.sagemaker

    def create(self, name: str, definition: str, **request: Any) -> str:
        """Create a pipeline and return its name."""
        self._client.create_pipeline(PipelineName=name, PipelineDefinition=definition, RoleArn=ROLE, **request)
        return name

    def start(self, name: str, parameters: dict[str, str] | None = None, **request: Any) -> str:
        """Start an execution and return its ARN."""
        given = [{"Name": key, "Value": value} for key, value in (parameters or {}).items()]
        answer = self._client.start_pipeline_execution(PipelineName=name, PipelineParameters=given, **request)
        return str(answer["PipelineExecutionArn"])

    def run(self, name: str, definition: str, parameters: dict[str, str] | None = None) -> dict[str, Any]:
        """Create a pipeline, execute it to its end, and describe that."""
        return self.ended(self.start(self.create(name, definition), parameters))

    def describe(self, arn: str) -> dict[str, Any]:
        """Describe an execution."""
        return dict(self._client.describe_pipeline_execution(PipelineExecutionArn=arn))

    def ended(self, arn: str, *, statuses: Collection[str] = ENDED) -> dict[str, Any]:
        """Wait until an execution has ended, and describe it."""
        until(lambda: self.describe(arn)["PipelineExecutionStatus"] in statuses)
        return self.describe(arn)

    def steps(self, arn: str) -> dict[str, dict[str, Any]]:
        """Describe an execution's steps, by name."""
        answer = self._client.list_pipeline_execution_steps(
            PipelineExecutionArn=arn, SortOrder="Ascending", MaxResults=100
        )
        return {step["StepName"]: step for step in answer["PipelineExecutionSteps"]}

    def statuses(self, arn: str) -> dict[str, str]:
        """Tell the statuses of an execution's steps, in the order in which they began."""
        return {name: step["StepStatus"] for name, step in self.steps(arn).items()}

    def stop(self, arn: str) -> None:
        """Stop an execution."""
        self._client.stop_pipeline_execution(PipelineExecutionArn=arn)

    def retry(self, arn: str) -> None:
        """Retry an execution."""
        self._client.retry_pipeline_execution(PipelineExecutionArn=arn)


def token() -> str:
    """Make up a ClientRequestToken."""
    return uuid.uuid4().hex
