"""The records of pipelines and of their executions, whose steps stand in them; and how each moves on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from local_sagemaker.sagemaker.resources.limits import REASON_CHARACTERS
from local_sagemaker.sagemaker.resources.table import Resource, now

STEPS_FAILED = "Step failure: One or multiple steps failed."
"""FailureReason of an execution; why stands with its steps."""


class StepStatus(StrEnum):
    """Where a step of an execution is."""

    STARTING = "Starting"
    EXECUTING = "Executing"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    FAILED = "Failed"
    SUCCEEDED = "Succeeded"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to the step."""
        return self in (StepStatus.STOPPED, StepStatus.FAILED, StepStatus.SUCCEEDED)


class ExecutionStatus(StrEnum):
    """Where an execution is."""

    EXECUTING = "Executing"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    FAILED = "Failed"
    SUCCEEDED = "Succeeded"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to the execution, unless it is retried."""
        return self not in (ExecutionStatus.EXECUTING, ExecutionStatus.STOPPING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline(Resource):
    """A pipeline. `request` is what it was created with, over which its updates were laid."""

    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepExecution:
    """A step of an execution.

    Parameters
    ----------
    handle : str, optional
        What its resource is described by: the name of the job or model, the ARN of the package.
    retries : int
        How many of the attempts a retry policy has asked for.
    again_at : datetime, optional
        When the next attempt is due.
    cached_from, reused_from : str, optional
        The execution whose result stands here: by the cache, or by selective execution.
    """

    name: str
    status: StepStatus
    started: datetime
    ended: datetime | None = None
    attempts: int = 1
    retries: int = 0
    again_at: datetime | None = None
    handle: str | None = None
    arn: str | None = None
    failure_reason: str | None = None
    outcome: bool | None = None
    message: str | None = None
    cache_key: str | None = None
    cached_from: str | None = None
    reused_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineExecution(Resource):
    """An execution; its name is `pipeline/execution/id`. `request` is the StartPipelineExecution request.

    Parameters
    ----------
    region : str
        Of the request that started it: the ARNs that its steps see are of that.
    definition : str
        The pipeline's, when the execution was started.
    selected : tuple of str, optional
        The only steps that are run; None for all.
    tokens : tuple of str
        Of the requests to stop and to retry it that were carried out.
    """

    pipeline: str
    region: str
    definition: str
    status: ExecutionStatus
    parameters: dict[str, Any]
    experiment: dict[str, str]
    parallelism: int | None = None
    failure_reason: str | None = None
    selected: tuple[str, ...] | None = None
    steps: tuple[StepExecution, ...] = ()
    tokens: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        return self.status

    @property
    def id(self) -> str:
        """The last part of its name."""
        return self.name.rpartition("/")[2]

    def step(self, name: str) -> StepExecution | None:
        """Find a step; None if it has not begun."""
        return next((step for step in self.steps if step.name == name), None)


def with_step(execution: PipelineExecution, step: StepExecution) -> PipelineExecution:
    """Put a step in the place of the one of its name, or at the end."""
    if execution.step(step.name) is None:
        return replace(execution, steps=(*execution.steps, step))
    return replace(execution, steps=tuple(step if one.name == step.name else one for one in execution.steps))


def ended(step: StepExecution, status: StepStatus, reason: str | None = None) -> StepExecution:
    """Bring a step to its end."""
    reason = reason[:REASON_CHARACTERS] if reason else None
    return replace(step, status=status, ended=now(), failure_reason=reason, again_at=None)


def settled(execution: PipelineExecution) -> PipelineExecution:
    """Bring an execution to its end, of which nothing runs and nothing more will."""
    if execution.status is ExecutionStatus.STOPPING:
        return replace(execution, status=ExecutionStatus.STOPPED)
    if any(step.status is not StepStatus.SUCCEEDED for step in execution.steps):
        return replace(execution, status=ExecutionStatus.FAILED, failure_reason=STEPS_FAILED)
    return replace(execution, status=ExecutionStatus.SUCCEEDED)
