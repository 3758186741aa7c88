"""One step over operations that do as told: retries, faults, what was made before the server ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from local_sagemaker.errors import AwsError
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.pipelines.definition import reading
from local_sagemaker.sagemaker.pipelines.definition.document import RetryPolicy, StepType
from local_sagemaker.sagemaker.pipelines.records import (
    ExecutionStatus,
    PipelineExecution,
    StepExecution,
    StepStatus,
)
from local_sagemaker.sagemaker.pipelines.steps import faults
from local_sagemaker.sagemaker.pipelines.steps.faults import Fault
from local_sagemaker.sagemaker.pipelines.steps.names import new_name
from local_sagemaker.sagemaker.pipelines.steps.runner import NotCreated, StepRunner
from local_sagemaker.sagemaker.pipelines.steps.scope import Surroundings
from local_sagemaker.sagemaker.resources.arns import Arns
from local_sagemaker.sagemaker.resources.statuses import INTERRUPTED
from tests.local_sagemaker.sagemaker.pipelines.definitions import definition

START = datetime(2026, 1, 1, tzinfo=UTC)
NOT_FOUND = AwsError("ValidationException", "Requested resource not found.")


class Jobs:
    """Training jobs that are what a test says."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.refusal: AwsError | None = None
        self.description: dict[str, Any] = {"TrainingJobStatus": "InProgress"}

    def ask(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        name = request["TrainingJobName"]
        if operation == "CreateTrainingJob":
            if self.refusal is not None:
                raise self.refusal
            self.made.append(name)
        elif name not in self.made:
            raise NOT_FOUND
        return {"TrainingJobArn": f"arn/{name}", **self.description}


def runner(jobs: Jobs, *policies: Mapping[str, Any]) -> StepRunner:
    step = {"Name": "Train", "Type": "Training", "Arguments": {}, "RetryPolicies": list(policies)}
    text = definition(step)
    execution = PipelineExecution(
        name="p/execution/abcdefghijkl",
        request={},
        created=START,
        modified=START,
        pipeline="p",
        region="us-east-1",
        definition=text,
        status=ExecutionStatus.EXECUTING,
        parameters={},
        experiment={},
    )
    around = Surroundings(jobs.ask, cast("ObjectStore", None), Arns())
    return StepRunner(execution, reading.read(text), around, lambda pipeline: ())


def begun(run: StepRunner) -> StepExecution:
    return run.begun(run.definition.steps["Train"])


def refused(run: StepRunner, record: StepExecution) -> StepExecution:
    with pytest.raises(NotCreated) as caught:
        run.launched(record)
    return caught.value.record


def due(record: StepExecution) -> StepExecution:
    """Let the time of the next attempt come."""
    return replace(record, again_at=START)


def test_a_step_makes_its_job_and_succeeds_with_it() -> None:
    jobs = Jobs()
    run = runner(jobs)
    launched = run.launched(begun(run))
    assert (launched.status, launched.arn) == (StepStatus.EXECUTING, f"arn/{jobs.made[0]}")
    assert run.followed(launched, stopping=False) == launched
    jobs.description = {"TrainingJobStatus": "Completed"}
    assert run.followed(launched, stopping=False).status is StepStatus.SUCCEEDED


def test_a_job_that_was_made_before_the_servers_end_is_not_made_again() -> None:
    jobs = Jobs()
    run = runner(jobs)
    record = begun(run)
    run.launched(record)
    again = run.launched(record)
    assert len(jobs.made) == 1
    assert (again.status, again.attempts) == (StepStatus.EXECUTING, 1)


def test_a_request_that_would_only_be_refused_again_fails_the_step() -> None:
    jobs = Jobs()
    jobs.refusal = AwsError("ValidationException", "no such image")
    run = runner(jobs)
    record = refused(run, begun(run))
    assert record.status is StepStatus.FAILED
    assert record.failure_reason == (
        "ClientError: Failed to invoke sagemaker:CreateTrainingJob. Error Details: no such image"
    )


def test_throttling_is_tried_again_without_a_policy_until_it_is_too_much() -> None:
    jobs = Jobs()
    jobs.refusal = AwsError("ThrottlingException", "Rate exceeded")
    run = runner(jobs)
    record = begun(run)
    for attempt in range(2, 7):
        record = refused(run, due(record))
        assert (record.status, record.attempts) == (StepStatus.STARTING, attempt)
        assert record.again_at is not None
        assert run.launched(record) == record, "its time has not come"
    record = refused(run, due(record))
    assert record.status is StepStatus.FAILED
    assert "No retry policy configured for the exception type STEP_THROTTLING." in str(record.failure_reason)


def test_a_resource_limit_is_tried_again_only_by_a_policy() -> None:
    jobs = Jobs()
    jobs.refusal = AwsError("ResourceLimitExceeded", "0 instances")
    run = runner(jobs)
    failed = refused(run, begun(run))
    assert failed.status is StepStatus.FAILED
    assert str(failed.failure_reason).endswith(
        "Retry not appropriate on execution of step with PipelineExecutionArn arn:aws:sagemaker:us-east-1:123456789012:"
        "pipeline/p/execution/abcdefghijkl and StepId Train. No retry policy configured for the exception type "
        "SAGEMAKER_RESOURCE_LIMIT."
    )
    run = runner(jobs, {"ExceptionType": ["SageMaker.RESOURCE_LIMIT"], "MaxAttempts": 1})
    record = refused(run, begun(run))
    assert record.status is StepStatus.STARTING
    jobs.refusal = None
    assert run.launched(due(record)).status is StepStatus.EXECUTING


def test_a_job_with_an_internal_error_is_made_anew_by_a_policy() -> None:
    jobs = Jobs()
    run = runner(jobs, {"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "MaxAttempts": 1})
    launched = run.launched(begun(run))
    jobs.description = {"TrainingJobStatus": "Failed", "FailureReason": "InternalServerError: try again"}
    again = run.followed(launched, stopping=False)
    assert (again.status, again.attempts, again.arn) == (StepStatus.STARTING, 2, None)
    assert again.handle != launched.handle
    failed = run.followed(run.launched(due(again)), stopping=False)
    assert (failed.status, failed.attempts) == (StepStatus.FAILED, 2)
    assert failed.failure_reason == "ClientError: InternalServerError: try again"
    assert run.followed(launched, stopping=True).status is StepStatus.FAILED, "who stops does not try again"


def test_a_job_that_ended_with_the_server_is_made_anew_without_a_policy() -> None:
    jobs = Jobs()
    run = runner(jobs)
    launched = run.launched(begun(run))
    jobs.description = {"TrainingJobStatus": "Failed", "FailureReason": INTERRUPTED}
    again = run.followed(launched, stopping=False)
    assert (again.status, again.attempts, again.retries, again.again_at) == (StepStatus.STARTING, 2, 0, None)
    assert run.followed(launched, stopping=True).status is StepStatus.STOPPED


POLICY = RetryPolicy((Fault.CAPACITY,), interval=2.0, backoff=3.0, attempts=3)


def test_pauses_grow_by_the_back_off_rate() -> None:
    pauses = [faults.pause([POLICY], Fault.CAPACITY, retries, START, START) for retries in range(4)]
    assert pauses == [timedelta(seconds=2), timedelta(seconds=6), timedelta(seconds=18), None]
    assert faults.pause([POLICY], Fault.LIMIT, 0, START, START) is None
    assert faults.pause([POLICY], None, 0, START, START) is None


def test_a_policy_may_end_after_minutes() -> None:
    policy = replace(POLICY, attempts=None, minutes=5)
    assert faults.pause([policy], Fault.CAPACITY, 9, START, START + timedelta(minutes=4)) is not None
    assert faults.pause([policy], Fault.CAPACITY, 0, START, START + timedelta(minutes=5)) is None


def test_a_policy_goes_over_what_is_done_by_itself() -> None:
    never = RetryPolicy((Fault.THROTTLING,), attempts=0)
    assert faults.pause([never], Fault.THROTTLING, 0, START, START) is None


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        ("InternalServerError: x", Fault.JOB_INTERNAL),
        ("CapacityError: x", Fault.CAPACITY),
        ("AlgorithmError: x", None),
    ],
)
def test_a_jobs_reason_tells_its_fault(reason: str, fault: Fault | None) -> None:
    assert faults.of_job(reason, StepType.TRAINING) is fault
    assert faults.of_job(reason, StepType.TUNING) is (None if fault is Fault.JOB_INTERNAL else fault)


def test_names_are_as_on_aws_and_fit() -> None:
    assert new_name(StepType.TRAINING, "abcdefghijkl", "My_Step").startswith("pipelines-abcdefghijkl-My-Step-")
    assert new_name(StepType.TUNING, "abcdefghijkl", "HPTuning").startswith("abcdefghijkl-HPTunin-")
    for type_ in StepType:
        longest = 31 if type_ is StepType.TUNING else 63
        for prefix in (None, "p" * 63):
            name = new_name(type_, "abcdefghijkl", "S" * 64, prefix)
            assert len(name) == longest
    assert new_name(StepType.TRAINING, "e", "S") != new_name(StepType.TRAINING, "e", "S")
