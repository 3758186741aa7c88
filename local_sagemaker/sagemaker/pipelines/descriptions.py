"""How executions, their steps and their parameters are told of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from local_sagemaker.protocol import page_tokens
from local_sagemaker.sagemaker.pipelines.definition import reading
from local_sagemaker.sagemaker.pipelines.definition.document import Step, StepType
from local_sagemaker.sagemaker.pipelines.definition.step_kinds import KINDS
from local_sagemaker.sagemaker.pipelines.evaluation.values import text_of
from local_sagemaker.sagemaker.pipelines.records import PipelineExecution, StepExecution
from local_sagemaker.sagemaker.resources.arns import Arns, Kind
from local_sagemaker.sagemaker.resources.refusals import invalid

_PAGE = 10
_SHOWN = ("PipelineExecutionDisplayName", "PipelineExecutionDescription")


def execution(of: PipelineExecution, arns: Arns) -> dict[str, Any]:
    """Describe an execution, as DescribePipelineExecution does."""
    most = {"MaxParallelExecutionSteps": of.parallelism}
    return {
        "PipelineArn": arns.of(Kind.PIPELINE, of.pipeline),
        "PipelineExecutionArn": arns.of(Kind.PIPELINE_EXECUTION, of.name),
        "PipelineExecutionStatus": of.status,
        "CreationTime": of.created,
        "LastModifiedTime": of.modified,
        **{member: of.request[member] for member in (*_SHOWN, "SelectiveExecutionConfig") if member in of.request},
        **({"PipelineExperimentConfig": of.experiment} if of.experiment else {}),
        **({"FailureReason": of.failure_reason} if of.failure_reason else {}),
        **({"ParallelismConfiguration": most} if of.parallelism else {}),
    }


def summary(of: PipelineExecution, arns: Arns) -> dict[str, Any]:
    """Describe an execution in a line of ListPipelineExecutions."""
    return {
        "PipelineExecutionArn": arns.of(Kind.PIPELINE_EXECUTION, of.name),
        "StartTime": of.created,
        "PipelineExecutionStatus": of.status,
        **{member: of.request[member] for member in _SHOWN if member in of.request},
        **({"PipelineExecutionFailureReason": of.failure_reason} if of.failure_reason else {}),
    }


def steps(of: PipelineExecution, request: Mapping[str, Any], arns: Arns) -> dict[str, Any]:
    """Answer ListPipelineExecutionSteps: the steps that have begun, by the time of that."""
    definition = reading.read(of.definition)
    order = request.get("SortOrder", "Descending")
    records = of.steps if order == "Ascending" else of.steps[::-1]
    page, token = _page(records, request, ("steps", of.name, order))
    return {
        "PipelineExecutionSteps": [_step(definition.steps[record.name], record, arns) for record in page],
        **({"NextToken": token} if token else {}),
    }


def parameters(of: PipelineExecution, request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer ListPipelineParametersForExecution: all parameters, with the values that they have."""
    page, token = _page(list(of.parameters.items()), request, ("parameters", of.name))
    values = [{"Name": name, "Value": text_of(value)} for name, value in page]
    return {"PipelineParameters": values, **({"NextToken": token} if token else {})}


def _step(step: Step, record: StepExecution, arns: Arns) -> dict[str, Any]:
    source = {"cached": record.cached_from, "reused": record.reused_from}
    found = {
        key: {"SourcePipelineExecutionArn": arns.of(Kind.PIPELINE_EXECUTION, name)}
        for key, name in source.items()
        if name
    }
    return {
        "StepName": step.name,
        "StartTime": record.started,
        "StepStatus": record.status,
        "AttemptCount": record.attempts,
        "Metadata": _metadata(step, record),
        **({"StepDisplayName": step.display_name} if step.display_name else {}),
        **({"StepDescription": step.description} if step.description else {}),
        **({"EndTime": record.ended} if record.ended else {}),
        **({"FailureReason": record.failure_reason} if record.failure_reason else {}),
        **({"CacheHitResult": found["cached"]} if "cached" in found else {}),
        **({"SelectiveExecutionResult": found["reused"]} if "reused" in found else {}),
    }


def _metadata(step: Step, record: StepExecution) -> dict[str, Any]:
    if step.type is StepType.CONDITION and record.outcome is not None:
        return {"Condition": {"Outcome": str(record.outcome)}}
    if step.type is StepType.FAIL and record.message is not None:
        return {"Fail": {"ErrorMessage": record.message}}
    if step.type in KINDS and record.arn is not None:
        return {KINDS[step.type].metadata: {"Arn": record.arn}}
    return {}


def _page(items: Sequence[Any], request: Mapping[str, Any], of: Sequence[str]) -> tuple[Sequence[Any], str | None]:
    """Cut a page out of what one record holds; its token is the number of the next item."""
    start, most = 0, request.get("MaxResults", _PAGE)
    if token := request.get("NextToken"):
        try:
            [start] = page_tokens.place(token, [0], of)
        except page_tokens.ForeignToken as error:
            raise invalid(f'Invalid pagination token because "{token}" was not given by this list.') from error
    following = start + most
    return items[max(0, start) : following], page_tokens.written([following], of) if following < len(items) else None
