"""One execution, from its first step to its end: a thread that takes the record on until there is nothing to do.

All that it knows stands in the record, so it begins again where it was when the server comes back.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from functools import cached_property

from local_sagemaker.sagemaker.pipelines import progress
from local_sagemaker.sagemaker.pipelines.definition import reading
from local_sagemaker.sagemaker.pipelines.definition.document import Definition
from local_sagemaker.sagemaker.pipelines.definition.step_kinds import KINDS
from local_sagemaker.sagemaker.pipelines.records import (
    ExecutionStatus,
    PipelineExecution,
    StepExecution,
    StepStatus,
    ended,
    settled,
    with_step,
)
from local_sagemaker.sagemaker.pipelines.steps.runner import NotCreated, StepRunner
from local_sagemaker.sagemaker.pipelines.steps.scope import Surroundings
from local_sagemaker.sagemaker.resources.arns import Kind
from local_sagemaker.sagemaker.resources.listing import query
from local_sagemaker.sagemaker.resources.table import Resources
from local_sagemaker.sagemaker.running.retrying import SHORTAGES, until_done
from local_sagemaker.sagemaker.running.stopping import StopRequest

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5
"""Between two looks at running jobs, longer while nothing happens; a look is a read of their records."""
_PAUSE_FOR_WANT = 5.0
"""When the machine has run out of something."""
_log = logging.getLogger(__name__)


class ExecutionRun:
    """Runs one execution in the calling thread.

    Parameters
    ----------
    execution : PipelineExecution
        The execution's record, just created or found at the server's start.
    executions : Resources of PipelineExecution
        Where the record is kept.
    around : Surroundings
        The other operations, S3 and ARNs.
    """

    def __init__(
        self, execution: PipelineExecution, executions: Resources[PipelineExecution], around: Surroundings
    ) -> None:
        self._name = execution.name
        self._executions = executions
        self._around = around
        self._text = execution.definition

    def run(self, stop: StopRequest) -> None:
        """Run the execution to an end that its record shows, or until the server stops; then it goes on later."""
        pause = _SHORTEST_PAUSE
        while not stop.event.is_set():
            try:
                if self._over():
                    return
                pause = 0.0 if self._look() else min(_LONGEST_PAUSE, max(_SHORTEST_PAUSE, pause * 1.5))
            except SHORTAGES:
                _log.exception("pipeline execution %s goes on after a pause", self._name)
                pause = _PAUSE_FOR_WANT
            except Exception as error:
                _log.exception("pipeline execution %s", self._name)
                self._break_off(f"InternalServerError: {type(error).__name__}: {error}")
                return
            stop.event.wait(pause)

    @cached_property
    def _definition(self) -> Definition:
        return reading.read(self._text)

    def _over(self) -> bool:
        """Tell if the execution has ended; note its end if that is now.

        Who noted the end may not look at the record again: a client may have begun a retry, which has its own thread.
        """
        execution = self._executions.get(self._name)
        if execution is not None and not execution.status.ended and progress.is_over(self._definition, execution):
            execution = self._executions.change(self._name, self._settled)
        return execution is None or execution.status.ended

    def _settled(self, execution: PipelineExecution) -> PipelineExecution:
        return settled(execution) if progress.is_over(self._definition, execution) else execution

    def _look(self) -> bool:
        """Take every step on that can be; True if any was."""
        execution = self._executions.get(self._name)
        if execution is None:
            return True
        changed = [self._take_on(step.name) for step in execution.steps if not step.status.ended]
        begun = [self._begin(step.name) for step in progress.ready(self._definition, execution)]
        return any((*changed, *begun))

    def _begin(self, name: str) -> bool:
        """Put a step that is ready among the execution's, unless it was told to stop meanwhile."""

        def begin(execution: PipelineExecution) -> PipelineExecution:
            if execution.status is not ExecutionStatus.EXECUTING:
                return execution
            return with_step(execution, self._runner(execution).begun(self._definition.steps[name]))

        self._executions.change(self._name, begin)
        return True

    def _take_on(self, name: str) -> bool:
        execution = self._executions.get(self._name)
        record = execution.step(name) if execution else None
        if execution is None or record is None:
            return False
        one_write = self._is_atomic(name) and record.status is StepStatus.STARTING
        try:
            with self._executions.transaction() if one_write else nullcontext():
                return self._keep(record, self._next(execution, record))
        except NotCreated as refusal:
            return self._keep(record, refusal.record)

    def _is_atomic(self, name: str) -> bool:
        """Tell if a step makes what has no name of its own to be found by: it and the step's record are one write."""
        kind = KINDS.get(self._definition.steps[name].type)
        return kind is not None and kind.name is None

    def _next(self, execution: PipelineExecution, record: StepExecution) -> StepExecution:
        runner = self._runner(execution)
        stopping = execution.status is ExecutionStatus.STOPPING
        if stopping and record.status is not StepStatus.STOPPING:
            return runner.stopped(record)
        return runner.launched(record) if record.status is StepStatus.STARTING else runner.followed(record, stopping)

    def _keep(self, before: StepExecution, after: StepExecution) -> bool:
        if after == before:
            return False
        self._executions.change(self._name, lambda execution: with_step(execution, after))
        return True

    def _runner(self, execution: PipelineExecution) -> StepRunner:
        return StepRunner(execution, self._definition, self._around, self._earlier)

    def _earlier(self, pipeline: str) -> Iterator[PipelineExecution]:
        return of_pipeline(self._executions, pipeline)

    def _break_off(self, reason: str) -> None:
        def broken(execution: PipelineExecution) -> PipelineExecution:
            steps = (step if step.status.ended else ended(step, StepStatus.FAILED, reason) for step in execution.steps)
            failed = ExecutionStatus.FAILED
            return replace(execution, status=failed, failure_reason=reason, steps=tuple(steps))

        until_done(f"the end of {self._name}", lambda: self._executions.change(self._name, broken))


def of_pipeline(
    executions: Resources[PipelineExecution], pipeline: str, at_once: int = 100
) -> Iterator[PipelineExecution]:
    """Read a pipeline's executions, newest first, as many at once as are likely to be wanted."""
    request = {"PipelineNamePrefix": prefix_of(pipeline), "MaxResults": at_once}
    token: str | None = None
    while True:
        records, token = executions.page(query(Kind.PIPELINE_EXECUTION, {**request, "NextToken": token}))
        yield from records
        if token is None:
            return


def prefix_of(pipeline: str) -> str:
    """Give how the names of a pipeline's executions begin."""
    return f"{pipeline}/execution/"
