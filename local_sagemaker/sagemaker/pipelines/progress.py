"""What an execution can do next, seen from its steps."""

from __future__ import annotations

from local_sagemaker.sagemaker.pipelines.definition.document import Definition, Step, StepType
from local_sagemaker.sagemaker.pipelines.records import ExecutionStatus, PipelineExecution, StepStatus

DEFAULT_PARALLELISM = 50
"""Steps at a time, where nothing else is said."""


def ready(definition: Definition, execution: PipelineExecution) -> list[Step]:
    """Find the steps that may begin now, in the definition's order.

    A failed step holds up what depends on it, and no more, except for a Fail step, which ends the execution.
    """
    if execution.status is not ExecutionStatus.EXECUTING or _fail_reached(definition, execution):
        return []
    running = sum(not step.status.ended for step in execution.steps)
    free = (execution.parallelism or DEFAULT_PARALLELISM) - running
    if free <= 0:
        return []
    return [step for step in definition.steps.values() if _may_begin(step, execution)][:free]


def is_over(definition: Definition, execution: PipelineExecution) -> bool:
    """Tell if nothing runs and nothing will."""
    return all(step.status.ended for step in execution.steps) and not ready(definition, execution)


def _may_begin(step: Step, execution: PipelineExecution) -> bool:
    if execution.step(step.name) is not None:
        return False
    if execution.selected is not None and step.name not in execution.selected:
        return False
    return _branch_taken(step, execution) and all(_succeeded(name, execution) for name in step.needs)


def _branch_taken(step: Step, execution: PipelineExecution) -> bool:
    """Tell if a step's branch is taken; that of a condition which is not among the selected steps always is."""
    if step.branch is None:
        return True
    if execution.selected is not None and step.branch.condition not in execution.selected:
        return True
    condition = execution.step(step.branch.condition)
    return condition is not None and condition.outcome is step.branch.outcome


def _succeeded(name: str, execution: PipelineExecution) -> bool:
    step = execution.step(name)
    return step is not None and step.status is StepStatus.SUCCEEDED


def _fail_reached(definition: Definition, execution: PipelineExecution) -> bool:
    return any(definition.steps[step.name].type is StepType.FAIL for step in execution.steps)
