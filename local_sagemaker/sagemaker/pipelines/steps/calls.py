"""The service's other operations, called by their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local_sagemaker.errors import AwsError
from local_sagemaker.sagemaker.pipelines.definition.document import StepType
from local_sagemaker.sagemaker.pipelines.definition.step_kinds import KINDS, TRIALS

Ask = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""(operation, request) → its answer; raises AwsError as a client would see it."""

_TOP_TRIALS = 50
"""How many of a tuning job's training jobs a step's properties have; AWS's own limit."""


def described(ask: Ask, type_: StepType, handle: str) -> dict[str, Any]:
    """Describe a step's resource: what the step's properties are looked up in."""
    kind = KINDS[type_]
    answer = ask(kind.describe, {kind.handle: handle})
    if type_ is StepType.TUNING:
        answer = {**answer, "TrainingJobSummaries": _trials(ask, handle, answer)}
    return answer


def create_group(ask: Ask, request: Mapping[str, Any]) -> None:
    """Make the model package group that a package is to be registered in, unless it is there."""
    name = request.get("ModelPackageGroupName")
    if not isinstance(name, str) or name.startswith("arn:"):
        return
    try:
        ask("DescribeModelPackageGroup", {"ModelPackageGroupName": name})
    except AwsError:
        ask("CreateModelPackageGroup", {"ModelPackageGroupName": name})


def _trials(ask: Ask, tuning_job: str, description: Mapping[str, Any]) -> list[Any]:
    objective = description["HyperParameterTuningJobConfig"].get("HyperParameterTuningJobObjective", {})
    request = {
        "HyperParameterTuningJobName": tuning_job,
        "SortBy": "FinalObjectiveMetricValue",
        "SortOrder": "Ascending" if objective.get("Type") == "Minimize" else "Descending",
        "MaxResults": _TOP_TRIALS,
    }
    return list(ask(TRIALS, request)["TrainingJobSummaries"])
