"""Requests that come between two steps of an execution's thread, and a store that fails it."""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.errors import AwsError
from local_sagemaker.sagemaker.pipelines import run
from local_sagemaker.sagemaker.pipelines.records import StepExecution
from tests.local_sagemaker.sagemaker.cloud import BUCKET, IMAGE, ROLE
from tests.local_sagemaker.sagemaker.in_process import FakeTraining, InProcess
from tests.local_sagemaker.sagemaker.pipelines.definitions import Step, definition
from tests.local_sagemaker.sagemaker.processes import until


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcess]:
    monkeypatch.setattr("local_sagemaker.sagemaker.service.TrainingContainer", FakeTraining)
    monkeypatch.setattr(run, "_PAUSE_FOR_WANT", 0.01)
    FakeTraining.begun, FakeTraining.let_go = threading.Event(), threading.Event()
    one = InProcess(tmp_path)
    yield one
    FakeTraining.let_go.set()
    one.close()


def started(local: InProcess, channel: str) -> str:
    """Start an execution of one training job that reads a channel."""
    return executed(local, training(channel))


def executed(local: InProcess, step: Step) -> str:
    """Start an execution of one step."""
    text = definition(step)
    local.call("CreatePipeline", PipelineName="p", PipelineDefinition=text, RoleArn=ROLE, ClientRequestToken=token())
    answer = local.call("StartPipelineExecution", PipelineName="p", ClientRequestToken=token())
    return str(answer["PipelineExecutionArn"])


def training(channel: str) -> Step:
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{channel}"}}
    arguments = {
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/jobs/"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        "RoleArn": ROLE,
        "InputDataConfig": [{"ChannelName": "train", "DataSource": source}],
        "HyperParameters": {
            "sagemaker_program": '"train.py"',
            "sagemaker_submit_directory": f'"s3://{BUCKET}/source.tar.gz"',
        },
    }
    return {"Name": "Train", "Type": "Training", "Arguments": arguments}


def token() -> str:
    return uuid.uuid4().hex


def status(local: InProcess, arn: str) -> str:
    return str(local.call("DescribePipelineExecution", PipelineExecutionArn=arn)["PipelineExecutionStatus"])


def jobs(local: InProcess) -> list[Any]:
    return list(local.call("ListTrainingJobs")["TrainingJobSummaries"])


def test_a_retry_that_comes_with_the_end_makes_one_job(local: InProcess) -> None:
    arn = started(local, "late/")
    until(lambda: status(local, arn) == "Failed")
    retried = threading.Event()

    def retry_at_the_end() -> None:
        if status(local, arn) != "Failed":
            local.database.after_write = retry_at_the_end
            return
        local.put("late/a.csv", b"1\n")
        local.call("RetryPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken=token())
        retried.set()

    local.database.after_write = retry_at_the_end
    local.call("RetryPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken=token())
    assert retried.wait(60)
    until(lambda: len(jobs(local)) > 0)
    FakeTraining.let_go.set()
    until(lambda: status(local, arn) == "Succeeded")
    assert len(jobs(local)) == 1


def test_an_execution_can_be_stopped_as_soon_as_it_is_described(local: InProcess) -> None:
    arns: list[str] = []

    def stop() -> None:
        [listed] = local.call("ListPipelineExecutions", PipelineName="p")["PipelineExecutionSummaries"]
        arns.append(listed["PipelineExecutionArn"])
        local.call("StopPipelineExecution", PipelineExecutionArn=arns[0], ClientRequestToken=token())

    def after_the_pipeline() -> None:
        local.database.after_write = stop

    local.database.after_write = after_the_pipeline
    started(local, "in/")
    until(lambda: status(local, arns[0]) == "Stopped")
    assert not any(job["TrainingJobStatus"] == "InProgress" for job in jobs(local))


def test_a_stop_and_a_retry_that_come_twice_are_done_once(local: InProcess) -> None:
    arn = started(local, "in/")
    assert FakeTraining.begun.wait(60)
    for operation, ending in (("StopPipelineExecution", "Stopped"), ("RetryPipelineExecution", "Succeeded")):
        once = token()
        local.call(operation, PipelineExecutionArn=arn, ClientRequestToken=once)
        if ending == "Succeeded":
            FakeTraining.let_go.set()
        until(lambda ending=ending: status(local, arn) == ending)  # type: ignore[misc]
        local.call(operation, PipelineExecutionArn=arn, ClientRequestToken=once)
        assert status(local, arn) == ending
        with pytest.raises(AwsError, match="is in status"):
            local.call(operation, PipelineExecutionArn=arn, ClientRequestToken=token())


def test_an_execution_goes_on_when_the_store_fails_it_for_a_while(local: InProcess) -> None:
    FakeTraining.let_go.set()
    local.database.after_write = lambda: setattr(local.database, "after_write", fail_later)

    def fail_later() -> None:
        local.database.failures = 3

    arn = started(local, "in/")
    until(lambda: status(local, arn) == "Succeeded")
    assert local.database.failures == 0
    assert len(jobs(local)) == 1


def test_an_error_of_ours_ends_the_execution_with_a_reason(local: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("this is a mistake")

    monkeypatch.setattr("local_sagemaker.sagemaker.pipelines.steps.runner.caching.key_of", broken)
    arn = started(local, "in/")
    until(lambda: status(local, arn) == "Failed")
    described = local.call("DescribePipelineExecution", PipelineExecutionArn=arn)
    assert described["FailureReason"] == "InternalServerError: ValueError: this is a mistake"
    [step] = local.call("ListPipelineExecutionSteps", PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    assert step["StepStatus"] == "Failed"


def test_a_package_is_registered_once_although_its_record_was_not_written(
    local: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = run.ExecutionRun._keep
    failed: list[str] = []

    def keep_later(self: run.ExecutionRun, before: StepExecution, after: StepExecution) -> bool:
        if after.arn is not None and not failed:
            failed.append(after.arn)
            raise sqlite3.OperationalError("disk I/O error")
        return keep(self, before, after)

    monkeypatch.setattr(run.ExecutionRun, "_keep", keep_later)
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"}
    kinds = {"SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"]}
    arguments = {"ModelPackageGroupName": "g", "InferenceSpecification": {"Containers": [container], **kinds}}
    arn = executed(local, {"Name": "Register", "Type": "RegisterModel", "Arguments": arguments})
    until(lambda: status(local, arn) == "Succeeded")
    [package] = local.call("ListModelPackages", ModelPackageGroupName="g")["ModelPackageSummaryList"]
    assert failed == [package["ModelPackageArn"]]
