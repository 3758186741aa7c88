"""Executions of pipelines: real jobs, in the order that the definition says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_sagemaker.sagemaker.cloud import BUCKET, Cloud
from tests.local_sagemaker.sagemaker.pipelines.definitions import (
    Step,
    compared,
    condition,
    definition,
    fail,
    get,
    join,
    model,
    training,
    transform,
)
from tests.local_sagemaker.sagemaker.pipelines.executing import Pipelines
from tests.local_sagemaker.sagemaker.processes import until


def test_a_pipeline_trains_decides_and_transforms(cloud: Cloud, pipelines: Pipelines, name: str) -> None:
    branch = [
        model(cloud, "Create"),
        transform(
            "Transform",
            get("Steps.Create.ModelName"),
            cloud.put(f"{name}/in/a.csv", b"one\n"),
            join("/", f"s3://{BUCKET}/out", get("Execution.PipelineExecutionId")),
        ),
    ]
    text = definition(
        training(cloud, hyperparameters={"depth": join("", get("Parameters.Depth"))}),
        condition("Decide", compared("GreaterThan", get("Parameters.Depth"), 2), yes=branch, no=[fail()]),
        parameters=[{"Name": "Depth", "Type": "Integer", "DefaultValue": 3}],
    )
    described = pipelines.run(name, text)
    arn = described["PipelineExecutionArn"]
    assert described["PipelineExecutionStatus"] == "Succeeded", pipelines.steps(arn)
    assert pipelines.statuses(arn) == dict.fromkeys(("Train", "Decide", "Create", "Transform"), "Succeeded")
    steps = pipelines.steps(arn)
    assert steps["Decide"]["Metadata"] == {"Condition": {"Outcome": "True"}}
    execution = arn.rpartition("/")[2]
    assert cloud.get(f"out/{execution}/a.csv.out") == b"one\n"
    job = steps["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    assert job.startswith(f"pipelines-{execution}-Train-")
    assert cloud.trained(job)["HyperParameters"]["depth"] == "3"
    assert cloud.get(f"jobs/{job}/output/model.tar.gz")


def waiting(cloud: Cloud, name: str, **step: Any) -> Step:
    """A step that runs until it is stopped."""
    return training(cloud, name, hyperparameters={"task": '"wait"'}, **step)


def running(pipelines: Pipelines, arn: str) -> list[str]:
    return [name for name, status in pipelines.statuses(arn).items() if status == "Executing"]


def test_steps_run_side_by_side_as_far_as_is_allowed(cloud: Cloud, pipelines: Pipelines, name: str) -> None:
    text = definition(*(waiting(cloud, step) for step in ("A", "B", "C")))
    at_once = {"ParallelismConfiguration": {"MaxParallelExecutionSteps": 2}}
    arn = pipelines.start(pipelines.create(name, text, **at_once))
    until(lambda: running(pipelines, arn) == ["A", "B"])
    assert pipelines.describe(arn)["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 2}
    cloud.sagemaker.update_pipeline_execution(
        PipelineExecutionArn=arn, ParallelismConfiguration={"MaxParallelExecutionSteps": 3}
    )
    until(lambda: running(pipelines, arn) == ["A", "B", "C"])
    pipelines.stop(arn)
    assert pipelines.ended(arn)["PipelineExecutionStatus"] == "Stopped"


def test_a_stop_stops_the_running_jobs_and_begins_nothing_more(cloud: Cloud, pipelines: Pipelines, name: str) -> None:
    text = definition(waiting(cloud, "First"), model(cloud, "Second", DependsOn=["First"]))
    arn = pipelines.start(pipelines.create(name, text))
    until(lambda: running(pipelines, arn) == ["First"])
    job = pipelines.steps(arn)["First"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    pipelines.stop(arn)
    described = pipelines.ended(arn)
    assert described["PipelineExecutionStatus"] == "Stopped"
    assert pipelines.statuses(arn) == {"First": "Stopped"}
    assert cloud.trained(job)["TrainingJobStatus"] == "Stopped"
    with pytest.raises(ClientError, match="is in status Stopped"):
        pipelines.stop(arn)


def test_a_failed_step_holds_up_only_what_depends_on_it(cloud: Cloud, pipelines: Pipelines, name: str) -> None:
    text = definition(
        training(cloud, "Bad", hyperparameters={"task": '"fail"'}),
        model(cloud, "AfterBad", DependsOn=["Bad"]),
        training(cloud, "Good"),
        model(cloud, "AfterGood", DependsOn=["Good"]),
    )
    described = pipelines.run(name, text)
    assert described["PipelineExecutionStatus"] == "Failed"
    statuses = pipelines.statuses(described["PipelineExecutionArn"])
    assert statuses == {"Bad": "Failed", "Good": "Succeeded", "AfterGood": "Succeeded"}


def test_a_fail_step_ends_the_execution(cloud: Cloud, pipelines: Pipelines, name: str) -> None:
    text = definition(training(cloud, "Train"), fail("Fail"), model(cloud, "Model", DependsOn=["Train"]))
    described = pipelines.run(name, text)
    assert described["PipelineExecutionStatus"] == "Failed"
    statuses = pipelines.statuses(described["PipelineExecutionArn"])
    assert statuses == {"Train": "Succeeded", "Fail": "Failed"}


def test_a_retry_runs_what_has_not_succeeded(cloud: Cloud, pipelines: Pipelines, name: str) -> None:
    late = f"s3://{BUCKET}/{name}/late.csv"
    text = definition(
        training(cloud, "First"),
        training(cloud, "Second", channel=late, DependsOn=["First"]),
        model(cloud, "Third", DependsOn=["Second"]),
    )
    arn = pipelines.start(pipelines.create(name, text))
    assert pipelines.ended(arn)["PipelineExecutionStatus"] == "Failed"
    before = pipelines.steps(arn)
    assert "No S3 objects found" in before["Second"]["FailureReason"]
    assert before["Second"]["Metadata"] == {}
    cloud.put(f"{name}/late.csv", b"1\n")
    pipelines.retry(arn)
    described = pipelines.ended(arn)
    assert described["PipelineExecutionStatus"] == "Succeeded"
    assert "FailureReason" not in described
    after = pipelines.steps(arn)
    assert after["First"] == before["First"], "what has succeeded is not run again"
    with pytest.raises(ClientError, match="is in status Succeeded"):
        pipelines.retry(arn)


def test_branches_within_branches_are_taken_or_left(pipelines: Pipelines, cloud: Cloud, name: str) -> None:
    inner = condition(
        "Inner",
        {"Type": "Not", "Condition": compared("Equals", get("Parameters.Word"), "no")},
        {"Type": "Or", "Conditions": [compared("LessThan", 2, 1), {"Type": "In", "QueryValue": 3, "Values": [2, 3]}]},
        yes=[model(cloud, "Yes")],
        no=[fail("No")],
    )
    outer = condition("Outer", compared("Equals", get("Execution.PipelineName"), name), yes=[inner], no=[fail("Never")])
    after = model(cloud, "After", DependsOn=["Outer"])
    needs_what_is_left = model(cloud, "Left", DependsOn=["No"])
    text = definition(
        outer, after, needs_what_is_left, parameters=[{"Name": "Word", "Type": "String", "DefaultValue": "yes"}]
    )
    described = pipelines.run(name, text)
    assert described["PipelineExecutionStatus"] == "Succeeded"
    statuses = pipelines.statuses(described["PipelineExecutionArn"])
    assert statuses.keys() == {"Outer", "After", "Inner", "Yes"}
    described = pipelines.ended(pipelines.start(name, {"Word": "no"}))
    assert described["PipelineExecutionStatus"] == "Failed"
    assert pipelines.statuses(described["PipelineExecutionArn"])["No"] == "Failed"


def test_a_job_that_somebody_else_stops_is_a_failed_step(cloud: Cloud, pipelines: Pipelines, name: str) -> None:
    arn = pipelines.start(pipelines.create(name, definition(waiting(cloud, "Train"))))
    until(lambda: running(pipelines, arn) == ["Train"])
    job = pipelines.steps(arn)["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    cloud.sagemaker.stop_training_job(TrainingJobName=job)
    assert pipelines.ended(arn)["PipelineExecutionStatus"] == "Failed"
    assert "was stopped" in pipelines.steps(arn)["Train"]["FailureReason"]


def test_arguments_see_the_execution_and_the_names_of_their_own_jobs(
    cloud: Cloud, pipelines: Pipelines, name: str
) -> None:
    seen = join(" ", *(get(f"Execution.{one}") for one in ("PipelineName", "PipelineArn", "TrainingJobName")))
    flags: list[dict[str, Any]] = [
        {"Name": "Flag", "Type": "Boolean", "DefaultValue": True},
        {"Name": "Rate", "Type": "Float"},
    ]
    own = {"seen": seen, "flags": join(",", get("Parameters.Flag"), get("Parameters.Rate"), 3)}
    text = definition(training(cloud, hyperparameters=own), parameters=flags)
    described = pipelines.run(name, text, {"Rate": "0.5"})
    arn = described["PipelineExecutionArn"]
    job = pipelines.steps(arn)["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    given = cloud.trained(job)["HyperParameters"]
    assert given["seen"] == f"{name} {described['PipelineArn']} {job}"
    assert given["flags"] == "true,0.5,3"


def test_a_name_in_the_arguments_is_the_prefix_of_the_jobs(cloud: Cloud, pipelines: Pipelines, name: str) -> None:
    described = pipelines.run(name, definition(training(cloud, arguments={"TrainingJobName": "mine"})))
    arn = described["PipelineExecutionArn"]
    job = pipelines.steps(arn)["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    assert job.startswith(f"mine-{arn.rpartition('/')[2]}-")


def test_a_property_file_can_give_an_argument(cloud: Cloud, pipelines: Pipelines, name: str) -> None:
    uri = cloud.put(f"{name}/best.json", json.dumps({"best": [{"depth of tree": 7}]}).encode())
    at = {"Std:JsonGet": {"S3Uri": uri, "Path": "$.best[0]['depth of tree']"}}
    text = definition(training(cloud, hyperparameters={"depth": join("", at)}))
    arn = pipelines.run(name, text)["PipelineExecutionArn"]
    job = pipelines.steps(arn)["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    assert cloud.trained(job)["HyperParameters"]["depth"] == "7"


def tuning(cloud: Cloud, name: str = "Tune") -> Step:
    """A Tuning step of two trials."""
    [trial] = [training(cloud)["Arguments"]]
    own = trial.pop("HyperParameters")
    trial["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "loss", "Regex": "loss=([0-9.]+);"}]
    ranges = {"ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0.1", "MaxValue": "1"}]}
    config = {
        "Strategy": "Random",
        "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2},
        "ParameterRanges": ranges,
    }
    arguments = {
        "HyperParameterTuningJobConfig": config,
        "TrainingJobDefinition": {**trial, "StaticHyperParameters": own},
    }
    return {"Name": name, "Type": "Tuning", "Arguments": arguments}


def test_the_best_trial_of_a_tuning_step_becomes_a_model(cloud: Cloud, pipelines: Pipelines, name: str) -> None:
    best = get("Steps.Tune.BestTrainingJob.TrainingJobName")
    top = get("Steps.Tune.TrainingJobSummaries[0].TrainingJobName")
    text = definition(
        tuning(cloud),
        model(cloud, "Best", data=join("/", f"s3://{BUCKET}/jobs", top, "output/model.tar.gz")),
        training(cloud, "Again", hyperparameters={"best": best, "top": top}),
    )
    described = pipelines.run(name, text)
    arn = described["PipelineExecutionArn"]
    steps = pipelines.steps(arn)
    assert described["PipelineExecutionStatus"] == "Succeeded", steps
    job = steps["Tune"]["Metadata"]["TuningJob"]["Arn"].rpartition("/")[2]
    found = cloud.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=job)
    made = steps["Best"]["Metadata"]["Model"]["Arn"].rpartition("/")[2]
    uri = cloud.sagemaker.describe_model(ModelName=made)["PrimaryContainer"]["ModelDataUrl"]
    assert uri.split("/")[-3].startswith(job)
    again = steps["Again"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    assert cloud.trained(again)["HyperParameters"]["best"] == found["BestTrainingJob"]["TrainingJobName"]


def test_an_execution_is_of_the_region_that_started_it(
    environment: dict[str, str], pipelines: Pipelines, name: str
) -> None:
    with Cloud({**environment, "AWS_DEFAULT_REGION": "eu-west-1"}) as abroad:
        text = definition(fail("Fail", get("Execution.PipelineExecutionArn")))
        there = Pipelines(abroad)
        arn = there.run(name, text)["PipelineExecutionArn"]
        assert arn.startswith("arn:aws:sagemaker:eu-west-1:")
        assert there.steps(arn)["Fail"]["FailureReason"] == arn
    assert pipelines.describe(arn)["PipelineExecutionStatus"] == "Failed", "a client of any region finds it"
