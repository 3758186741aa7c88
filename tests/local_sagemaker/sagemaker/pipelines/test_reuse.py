"""Results that are used again: by the cache, and by selective execution."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.sagemaker.pipelines.definition.document import StepType
from local_sagemaker.sagemaker.pipelines.definition.step_kinds import KINDS
from local_sagemaker.sagemaker.pipelines.records import (
    ExecutionStatus,
    PipelineExecution,
    StepExecution,
    StepStatus,
)
from local_sagemaker.sagemaker.pipelines.steps import caching
from tests.local_sagemaker.sagemaker.cloud import BUCKET, Cloud
from tests.local_sagemaker.sagemaker.pipelines.definitions import (
    compared,
    condition,
    definition,
    get,
    join,
    model,
    training,
    transform,
)
from tests.local_sagemaker.sagemaker.pipelines.executing import Pipelines

CACHE = {"Enabled": True, "ExpireAfter": "PT1H"}
DEPTH: list[dict[str, Any]] = [{"Name": "Depth", "Type": "Integer", "DefaultValue": 3}]
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_step_with_the_same_arguments_is_taken_from_the_cache(cloud: Cloud, pipelines: Pipelines, name: str) -> None:
    own = {"depth": join("", get("Parameters.Depth"))}
    artefact = get("Steps.Train.ModelArtifacts.S3ModelArtifacts")
    text = definition(
        training(cloud, hyperparameters=own, CacheConfig=CACHE), model(cloud, data=artefact), parameters=DEPTH
    )
    first = pipelines.run(name, text)["PipelineExecutionArn"]
    assert pipelines.statuses(first) == {"Train": "Succeeded", "Model": "Succeeded"}
    assert "CacheHitResult" not in pipelines.steps(first)["Train"]
    second = pipelines.start(name)
    pipelines.ended(second)
    hit = pipelines.steps(second)["Train"]
    assert hit["CacheHitResult"] == {"SourcePipelineExecutionArn": first}
    assert hit["Metadata"] == pipelines.steps(first)["Train"]["Metadata"]
    made = pipelines.steps(second)["Model"]["Metadata"]["Model"]["Arn"].rpartition("/")[2]
    job = hit["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    uri = cloud.sagemaker.describe_model(ModelName=made)["PrimaryContainer"]["ModelDataUrl"]
    assert uri == cloud.trained(job)["ModelArtifacts"]["S3ModelArtifacts"], "what follows uses the earlier result"
    third = pipelines.start(name, {"Depth": "4"})
    pipelines.ended(third)
    assert "CacheHitResult" not in pipelines.steps(third)["Train"]


def test_a_failed_run_and_a_deleted_job_are_no_results(cloud: Cloud, pipelines: Pipelines, name: str) -> None:
    text = definition(
        training(cloud, hyperparameters={"task": get("Parameters.Task")}, CacheConfig=CACHE),
        parameters=[{"Name": "Task", "Type": "String"}],
    )
    pipelines.create(name, text)
    for task, status in (('"fail"', "Failed"), ('"fail"', "Failed"), ('"save"', "Succeeded")):
        arn = pipelines.start(name, {"Task": task})
        assert pipelines.ended(arn)["PipelineExecutionStatus"] == status
        assert "CacheHitResult" not in pipelines.steps(arn)["Train"]
    job = pipelines.steps(arn)["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    cloud.sagemaker.delete_training_job(TrainingJobName=job)
    arn = pipelines.start(name, {"Task": '"save"'})
    pipelines.ended(arn)
    assert "CacheHitResult" not in pipelines.steps(arn)["Train"]


def executed(age: timedelta, **step: Any) -> PipelineExecution:
    """An execution of one step that ended some time before `LONG_AGO`."""
    time = LONG_AGO - age
    record = {"name": "Train", "status": StepStatus.SUCCEEDED, "started": time, "ended": time, "cache_key": "key"}
    return PipelineExecution(
        name=f"p/execution/{age.total_seconds():.0f}",
        request={},
        created=time,
        modified=time,
        pipeline="p",
        region="us-east-1",
        definition="",
        status=ExecutionStatus.SUCCEEDED,
        parameters={},
        experiment={},
        steps=(StepExecution(**{**record, **step}),),
    )


def found(*executions: PipelineExecution) -> list[str]:
    step = StepExecution(name="Train", status=StepStatus.STARTING, started=LONG_AGO, cache_key="key")
    results = caching.results(executions, step, timedelta(hours=1), LONG_AGO)
    return [execution.name for execution, _ in results]


def test_a_result_that_is_too_old_is_none() -> None:
    young, old = timedelta(minutes=59), timedelta(minutes=61)
    assert found(executed(young), executed(old)) == ["p/execution/3540"]


@pytest.mark.parametrize(
    "step", [{"cached_from": "p/execution/a"}, {"reused_from": "p/execution/a"}, {"cache_key": "other"}, {"name": "B"}]
)
def test_a_result_that_is_borrowed_itself_or_of_something_else_is_none(step: dict[str, Any]) -> None:
    assert found(executed(timedelta(minutes=1), **step)) == []


def test_what_aws_does_not_compare_makes_no_difference() -> None:
    kind = KINDS[StepType.TRAINING]
    request = {"HyperParameters": {"depth": "3"}, "OutputDataConfig": {"S3OutputPath": "s3://a/b"}}
    other_output = {**request, "OutputDataConfig": {"S3OutputPath": "s3://c/d"}, "RoleArn": "role"}
    assert caching.key_of(kind, request) == caching.key_of(kind, other_output)
    assert caching.key_of(kind, request) != caching.key_of(kind, {**request, "Environment": {"A": "b"}})
    assert caching.key_of(KINDS[StepType.MODEL], request) is None


def selected(source: str | None, *steps: str) -> dict[str, Any]:
    config: dict[str, Any] = {"SelectedSteps": [{"StepName": step} for step in steps]}
    return {"SelectiveExecutionConfig": {**config, **({"SourcePipelineExecutionArn": source} if source else {})}}


def chain(cloud: Cloud, name: str) -> str:
    data = cloud.put(f"{name}/in.csv", b"one\n")
    out = join("/", f"s3://{BUCKET}/{name}", get("Execution.PipelineExecutionId"))
    return definition(
        training(cloud, "Train"),
        model(cloud, "Model", DependsOn=["Train"]),
        condition(
            "Decide",
            compared("Equals", get("Steps.Train.TrainingJobStatus"), "Completed"),
            yes=[transform("Transform", get("Steps.Model.ModelName"), data, out)],
        ),
        model(cloud, "Last", DependsOn=["Model"]),
    )


def test_selected_steps_run_alone_on_the_results_of_an_earlier_execution(
    cloud: Cloud, pipelines: Pipelines, name: str
) -> None:
    source = pipelines.run(name, chain(cloud, name))["PipelineExecutionArn"]
    before = pipelines.steps(source)
    arn = pipelines.start(name, **selected(source, "Transform"))
    described = pipelines.ended(arn)
    assert described["PipelineExecutionStatus"] == "Succeeded", pipelines.steps(arn)
    assert described["SelectiveExecutionConfig"]["SelectedSteps"] == [{"StepName": "Transform"}]
    steps = pipelines.steps(arn)
    assert steps.keys() == {"Model", "Transform"}
    assert steps["Model"]["SelectiveExecutionResult"] == {"SourcePipelineExecutionArn": source}
    assert steps["Model"]["Metadata"] == before["Model"]["Metadata"]
    assert steps["Transform"]["Metadata"] != before["Transform"]["Metadata"]
    assert cloud.get(f"{name}/{arn.rpartition('/')[2]}/in.csv.out") == b"one\n"


def test_steps_are_selected_without_gaps_and_with_a_source(cloud: Cloud, pipelines: Pipelines, name: str) -> None:
    pipelines.create(name, chain(cloud, name))
    with pytest.raises(ClientError, match=r"\[Middle\] are not steps of the pipeline"):
        pipelines.start(name, **selected(None, "Middle"))
    with pytest.raises(ClientError, match=r"all steps between two selected steps must be selected, too: \[Model\]"):
        pipelines.start(name, **selected(None, "Train", "Last"))
    with pytest.raises(
        ClientError,
        match=r"Invalid SourcePipelineExecutionArn: null. The selected steps \[Last\] have dependencies on \[Model\]",
    ):
        pipelines.start(name, **selected(None, "Last"))
    arn = pipelines.start(name, **selected(None, "Train"))
    assert pipelines.ended(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert pipelines.statuses(arn) == {"Train": "Succeeded"}
    with pytest.raises(ClientError, match=r"\[Model\] have not succeeded there"):
        pipelines.start(name, **selected(arn, "Last"))
