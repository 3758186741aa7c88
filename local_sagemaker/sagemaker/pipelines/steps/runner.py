"""Takes one step of an execution on: begins it, makes its job, looks after that, stops it.

Each function takes the step's record and gives it as it is next; the caller keeps it. What is done can be done again
after the server was killed in the middle: a job has its name before it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from local_sagemaker.errors import AwsError
from local_sagemaker.sagemaker.pipelines.definition.document import Definition, Step, StepType
from local_sagemaker.sagemaker.pipelines.definition.step_kinds import KINDS, StepKind
from local_sagemaker.sagemaker.pipelines.evaluation.conditions import holds
from local_sagemaker.sagemaker.pipelines.evaluation.values import Scope, Unresolvable, evaluated, text_of
from local_sagemaker.sagemaker.pipelines.records import PipelineExecution, StepExecution, StepStatus, ended
from local_sagemaker.sagemaker.pipelines.steps import caching, faults
from local_sagemaker.sagemaker.pipelines.steps.calls import create_group, described
from local_sagemaker.sagemaker.pipelines.steps.faults import Fault
from local_sagemaker.sagemaker.pipelines.steps.names import new_name
from local_sagemaker.sagemaker.pipelines.steps.scope import Surroundings, scope_of
from local_sagemaker.sagemaker.resources.arns import Kind
from local_sagemaker.sagemaker.resources.statuses import INTERRUPTED
from local_sagemaker.sagemaker.resources.table import now

Earlier = Callable[[str], Iterable[PipelineExecution]]
"""Gives a pipeline's executions, newest first."""


class NotCreated(Exception):
    """An operation would not make a step's resource; `record` is the step's, as it is next.

    It is raised, not returned, so that a transaction around the operation is undone.
    """

    def __init__(self, record: StepExecution) -> None:
        super().__init__(record.name)
        self.record = record


@dataclass(frozen=True, slots=True)
class StepRunner:
    """Runs the steps of one execution, as its record was just read.

    Parameters
    ----------
    execution : PipelineExecution
        The execution.
    definition : Definition
        What it executes.
    around : Surroundings
        The other operations, S3 and ARNs.
    earlier : callable
        For the cache.
    """

    execution: PipelineExecution
    definition: Definition
    around: Surroundings
    earlier: Earlier

    def begun(self, step: Step) -> StepExecution:
        """Begin a step: its record, with the name of the job that it will have."""
        record = StepExecution(name=step.name, status=StepStatus.STARTING, started=now())
        return replace(record, handle=self._new_handle(step))

    def launched(self, record: StepExecution) -> StepExecution:
        """Execute a step that is Starting, or make its job; one that was made already is taken as it is.

        Raises
        ------
        NotCreated
            If the job cannot be made.
        """
        step = self.definition.steps[record.name]
        if record.again_at is not None and now() < record.again_at:
            return record
        if (made := self._made(step, record)) is not None:
            return made
        try:
            return self._execute(step, record)
        except Unresolvable as error:
            return ended(record, StepStatus.FAILED, f"ClientError: {error}")

    def followed(self, record: StepExecution, stopping: bool) -> StepExecution:
        """Look after a step's job that was made."""
        step = self.definition.steps[record.name]
        kind = KINDS[step.type]
        try:
            answer = self.around.ask(kind.describe, {kind.handle: record.handle})
        except AwsError as error:
            return ended(record, StepStatus.FAILED, f"ClientError: {error.message}")
        status = answer[kind.status] if kind.status else "Completed"
        if status == "Completed":
            return ended(record, StepStatus.SUCCEEDED)
        if status == "Failed":
            return self._failed(step, record, str(answer.get("FailureReason", "no reason given")), stopping)
        if status == "Stopped":
            return self._stopped(record, stopping)
        return record

    def stopped(self, record: StepExecution) -> StepExecution:
        """Stop a step: its job is told to, and looked after until it has; without a job it is stopped at once."""
        step = self.definition.steps[record.name]
        kind = KINDS.get(step.type)
        if kind is None or kind.stop is None or (record.arn is None and self._made(step, record) is None):
            return ended(record, StepStatus.STOPPED)
        try:
            self.around.ask(kind.stop, {kind.handle: record.handle})
        except AwsError as error:
            if error.status >= 500:
                return record
        return replace(record, status=StepStatus.STOPPING)

    def _execute(self, step: Step, record: StepExecution) -> StepExecution:
        kind = KINDS.get(step.type)
        job = {kind.variable: str(record.handle)} if kind and kind.variable else {}
        scope = scope_of(self.execution, self.definition, self.around, job)
        if step.type is StepType.CONDITION:
            outcome = all(holds(condition, scope) for condition in step.arguments["Conditions"])
            return replace(ended(record, StepStatus.SUCCEEDED), outcome=outcome)
        if kind is None:
            return _fail(step, record, scope)
        request = self._request(kind, step, record, scope)
        record = replace(record, cache_key=caching.key_of(kind, request))
        return self._cached(step, record) or self._create(kind, step, record, request)

    def _request(self, kind: StepKind, step: Step, record: StepExecution, scope: Scope) -> dict[str, Any]:
        request: dict[str, Any] = evaluated(step.arguments, scope)
        return {**request, **({kind.name: record.handle} if kind.name else {})}

    def _create(self, kind: StepKind, step: Step, record: StepExecution, request: Mapping[str, Any]) -> StepExecution:
        try:
            if step.type is StepType.REGISTER_MODEL:
                create_group(self.around.ask, request)
            arn = self.around.ask(kind.create, request)[kind.arn]
        except AwsError as error:
            raise NotCreated(self._refused(kind, step, record, error)) from error
        handle = record.handle if kind.name else arn
        return replace(record, status=StepStatus.EXECUTING, arn=arn, handle=handle)

    def _cached(self, step: Step, record: StepExecution) -> StepExecution | None:
        """Find a result in the cache whose job is still there to be described."""
        if step.cached_for is None or record.cache_key is None:
            return None
        executions = self.earlier(self.execution.pipeline)
        for execution, earlier in caching.results(executions, record, step.cached_for, now()):
            try:
                described(self.around.ask, step.type, str(earlier.handle))
            except AwsError:
                continue
            hit = replace(record, handle=earlier.handle, arn=earlier.arn, cached_from=execution.name)
            return ended(hit, StepStatus.SUCCEEDED)
        return None

    def _made(self, step: Step, record: StepExecution) -> StepExecution | None:
        """Find the job of a step that was made before the server ended; None if it was not."""
        kind = KINDS.get(step.type)
        if kind is None or kind.name is None:
            return None
        try:
            answer = self.around.ask(kind.describe, {kind.handle: record.handle})
        except AwsError:
            return None
        return replace(record, status=StepStatus.EXECUTING, arn=answer[kind.arn])

    def _refused(self, kind: StepKind, step: Step, record: StepExecution, error: AwsError) -> StepExecution:
        fault = faults.of_call(error)
        words = f"ClientError: Failed to invoke sagemaker:{kind.create}. Error Details: {error.message}"
        if fault is not None:
            arn = self.around.arns.of(Kind.PIPELINE_EXECUTION, self.execution.name)
            words += (
                f"\nRetry not appropriate on execution of step with PipelineExecutionArn {arn} and StepId {step.name}. "
                f"No retry policy configured for the exception type {fault.in_messages}."
            )
        return self._again(step, record, fault) or ended(record, StepStatus.FAILED, words)

    def _failed(self, step: Step, record: StepExecution, reason: str, stopping: bool) -> StepExecution:
        if reason == INTERRUPTED:  # by the server's end, which on AWS does not happen to a step
            return ended(record, StepStatus.STOPPED) if stopping else self._next_attempt(step, record)
        again = None if stopping else self._again(step, record, faults.of_job(reason, step.type))
        return again or ended(record, StepStatus.FAILED, f"ClientError: {reason}")

    def _stopped(self, record: StepExecution, stopping: bool) -> StepExecution:
        if stopping:
            return ended(record, StepStatus.STOPPED)
        return ended(record, StepStatus.FAILED, f"ClientError: {record.arn} was stopped.")

    def _again(self, step: Step, record: StepExecution, fault: Fault | None) -> StepExecution | None:
        time = now()
        pause = faults.pause(step.retry_policies, fault, record.retries, record.started, time)
        if pause is None:
            return None
        return replace(self._next_attempt(step, record), retries=record.retries + 1, again_at=time + pause)

    def _next_attempt(self, step: Step, record: StepExecution) -> StepExecution:
        return replace(
            record,
            status=StepStatus.STARTING,
            attempts=record.attempts + 1,
            handle=self._new_handle(step),
            arn=None,
        )

    def _new_handle(self, step: Step) -> str | None:
        kind = KINDS.get(step.type)
        if kind is None or kind.name is None:
            return None
        given = step.arguments.get(kind.name)
        return new_name(step.type, self.execution.id, step.name, given)


def _fail(step: Step, record: StepExecution, scope: Scope) -> StepExecution:
    message = text_of(evaluated(step.arguments.get("ErrorMessage") or "", scope))
    return replace(ended(record, StepStatus.FAILED, message), message=message)
