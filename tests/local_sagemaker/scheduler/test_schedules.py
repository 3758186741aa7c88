"""EventBridge Scheduler over unmodified boto3: schedules are kept, fire, are tried again, and survive the server."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker import daemon
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.conftest import ClientFactory, client_of

ROLE = "arn:aws:iam::123456789012:role/scheduler"
DELETE_GROUP = "arn:aws:scheduler:::aws-sdk:sagemaker:deleteModelPackageGroup"
PIPELINE = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/p"
OFF = {"Mode": "OFF"}


def at(moment: datetime) -> str:
    return f"at({moment.strftime('%Y-%m-%dT%H:%M:%S')})"


def soon(seconds: float = 1.1) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def deleting(group: str, **policy: int) -> dict[str, Any]:
    target: dict[str, Any] = {
        "Arn": DELETE_GROUP,
        "RoleArn": ROLE,
        "Input": json.dumps({"ModelPackageGroupName": group}),
    }
    return {**target, "RetryPolicy": policy} if policy else target


def eventually(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it has not come about"
        time.sleep(0.05)


def groups(sagemaker: Any) -> set[str]:
    listed = sagemaker.list_model_package_groups(MaxResults=100)["ModelPackageGroupSummaryList"]
    return {each["ModelPackageGroupName"] for each in listed}


def names(scheduler: Any) -> set[str]:
    return {each["Name"] for each in scheduler.list_schedules()["Schedules"]}


@pytest.fixture
def scheduler(client: ClientFactory) -> Any:
    return client("scheduler")


@pytest.fixture
def sagemaker(client: ClientFactory) -> Any:
    return client("sagemaker")


@pytest.fixture
def name() -> str:
    return f"s-{uuid.uuid4().hex[:12]}"


def test_a_one_time_schedule_fires_and_deletes_itself(scheduler: Any, sagemaker: Any, name: str) -> None:
    sagemaker.create_model_package_group(ModelPackageGroupName=name)
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression=at(soon()),
        FlexibleTimeWindow=OFF,
        Target=deleting(name),
        ActionAfterCompletion="DELETE",
    )
    assert name in names(scheduler)
    eventually(lambda: name not in names(scheduler))
    assert name not in groups(sagemaker)


def test_a_schedule_stays_without_an_action_after_completion(scheduler: Any, sagemaker: Any, name: str) -> None:
    sagemaker.create_model_package_group(ModelPackageGroupName=name)
    scheduler.create_schedule(Name=name, ScheduleExpression=at(soon()), FlexibleTimeWindow=OFF, Target=deleting(name))
    eventually(lambda: name not in groups(sagemaker))
    assert scheduler.get_schedule(Name=name)["ActionAfterCompletion"] == "NONE"
    scheduler.delete_schedule(Name=name)


def test_a_schedule_is_described_as_it_was_asked_for_with_awss_defaults(scheduler: Any, name: str) -> None:
    end = datetime(2100, 1, 1, tzinfo=UTC)
    made = scheduler.create_schedule(
        Name=name,
        ScheduleExpression="rate(2 hours)",
        StartDate=end - timedelta(days=1),
        EndDate=end,
        FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5},
        Target=deleting(name),
    )
    found = scheduler.get_schedule(Name=name)
    assert found["Arn"] == made["ScheduleArn"] == f"arn:aws:scheduler:us-east-1:123456789012:schedule/default/{name}"
    assert found["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
    assert (found["EndDate"], found["State"], found["ScheduleExpressionTimezone"]) == (end, "ENABLED", "UTC")
    scheduler.delete_schedule(Name=name)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        scheduler.get_schedule(Name=name)


def test_a_name_is_taken_once_a_group(scheduler: Any, name: str) -> None:
    common = {"Name": name, "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": OFF, "State": "DISABLED"}
    scheduler.create_schedule(**common, Target=deleting(name))
    with pytest.raises(ClientError, match="ConflictException"):
        scheduler.create_schedule(**common, Target=deleting(name))
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        scheduler.create_schedule(**common, Target=deleting(name), GroupName=name)
    scheduler.create_schedule_group(Name=name, Tags=[{"Key": "k", "Value": "v"}])
    arn = scheduler.get_schedule_group(Name=name)["Arn"]
    assert scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "k", "Value": "v"}]
    scheduler.create_schedule(**common, Target=deleting(name), GroupName=name)
    assert [each["GroupName"] for each in scheduler.list_schedules(NamePrefix=name)["Schedules"]] == ["default", name]
    scheduler.delete_schedule_group(Name=name)
    assert [each["GroupName"] for each in scheduler.list_schedules(NamePrefix=name)["Schedules"]] == ["default"]
    scheduler.delete_schedule(Name=name)


def test_a_rate_fires_at_once_and_again(scheduler: Any, sagemaker: Any, name: str) -> None:
    sagemaker.create_model_package_group(ModelPackageGroupName=name)
    scheduler.create_schedule(
        Name=name, ScheduleExpression="rate(1 minute)", FlexibleTimeWindow=OFF, Target=deleting(name)
    )
    eventually(lambda: name not in groups(sagemaker))
    assert name in names(scheduler)
    scheduler.delete_schedule(Name=name)


def test_what_the_target_refuses_is_tried_again(scheduler: Any, sagemaker: Any, name: str) -> None:
    moment = soon()
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression=at(moment),
        FlexibleTimeWindow=OFF,
        Target=deleting(name),
        ActionAfterCompletion="DELETE",
    )
    eventually(lambda: datetime.now(UTC) > moment)
    assert name in names(scheduler)
    sagemaker.create_model_package_group(ModelPackageGroupName=name)
    eventually(lambda: name not in names(scheduler))
    assert name not in groups(sagemaker)


def test_retries_end_when_the_policy_says_so(scheduler: Any, name: str) -> None:
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression=at(soon()),
        FlexibleTimeWindow=OFF,
        Target=deleting(name, MaximumRetryAttempts=1),
        ActionAfterCompletion="DELETE",
    )
    eventually(lambda: name not in names(scheduler))


def test_a_pipeline_is_started_with_the_parameters_of_its_schedule(scheduler: Any, sagemaker: Any, name: str) -> None:
    definition = {
        "Version": "2020-12-01",
        "Parameters": [{"Name": "Weather", "Type": "String"}],
        "Steps": [{"Name": "Stop", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Parameters.Weather"}}}],
    }
    arn = sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=json.dumps(definition), RoleArn=ROLE)
    parameters = {"PipelineParameterList": [{"Name": "Weather", "Value": "rain"}]}
    target = {"Arn": arn["PipelineArn"], "RoleArn": ROLE, "SageMakerPipelineParameters": parameters}
    scheduler.create_schedule(Name=name, ScheduleExpression=at(soon()), FlexibleTimeWindow=OFF, Target=target)

    def executions() -> list[Any]:
        listed: list[Any] = sagemaker.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"]
        return listed

    eventually(lambda: bool(executions()))
    eventually(lambda: executions()[0]["PipelineExecutionStatus"] == "Failed")
    (execution,) = executions()
    (step,) = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution["PipelineExecutionArn"])[
        "PipelineExecutionSteps"
    ]
    assert step["FailureReason"] == "rain"
    assert scheduler.get_schedule(Name=name)["Target"]["SageMakerPipelineParameters"] == parameters


def test_a_calendar_schedule_is_kept_with_its_zone(scheduler: Any, name: str) -> None:
    asked = {"ScheduleExpression": "cron(15 10 ? * 6L 2030-2035)", "ScheduleExpressionTimezone": "Europe/Berlin"}
    scheduler.create_schedule(Name=name, FlexibleTimeWindow=OFF, Target=deleting(name), **asked)
    found = scheduler.get_schedule(Name=name)
    assert {member: found[member] for member in asked} == asked
    scheduler.delete_schedule(Name=name)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"ScheduleExpression": "cron(0 8 * * * *)"}, "Invalid Schedule Expression cron"),
        ({"ScheduleExpression": "at(2020-01-01T00:00:00)"}, "has passed"),
        ({"ScheduleExpression": "every day"}, "Invalid Schedule Expression"),
        ({"ScheduleExpressionTimezone": "Atlantis/Poseidon"}, "time zone"),
        ({"Target": {"Arn": "arn:aws:lambda:us-east-1:123456789012:function:f", "RoleArn": ROLE}}, "lambda"),
        ({"Target": {"Arn": DELETE_GROUP[:-22] + "describeEndpoint", "RoleArn": ROLE}}, "describeEndpoint"),
        ({"Target": {"Arn": DELETE_GROUP[:-22] + "createCluster", "RoleArn": ROLE}}, "createCluster"),
        ({"Target": {"Arn": DELETE_GROUP, "RoleArn": ROLE, "Input": "no json"}}, "JSON"),
        ({"Target": {"Arn": PIPELINE, "RoleArn": ROLE, "Input": "{}"}}, "SageMakerPipelineParameters"),
        (
            {"Target": {"Arn": DELETE_GROUP, "RoleArn": ROLE, "SageMakerPipelineParameters": {}}},
            "only for a target that is a SageMaker pipeline",
        ),
        (
            {
                "Target": {
                    "Arn": DELETE_GROUP,
                    "RoleArn": ROLE,
                    "DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:123456789012:q"},
                }
            },
            "DeadLetterConfig",
        ),
    ],
)
def test_what_is_not_done_here_is_refused_by_name(
    scheduler: Any, name: str, changed: dict[str, Any], said: str
) -> None:
    request = {"Name": name, "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": OFF, "Target": deleting(name)}
    with pytest.raises(ClientError, match=said):
        scheduler.create_schedule(**{**request, **changed})
    assert name not in names(scheduler)


@pytest.mark.long
def test_what_falls_due_while_the_server_is_down_fires_when_it_starts(own_state: StateDirectory) -> None:
    running = daemon.ensure_running(own_state)
    client_of(running, "sagemaker").create_model_package_group(ModelPackageGroupName="group")
    moment = soon(3)
    client_of(running, "scheduler").create_schedule(
        Name="due",
        ScheduleExpression=at(moment),
        FlexibleTimeWindow=OFF,
        Target=deleting("group"),
        ActionAfterCompletion="DELETE",
    )
    daemon.stop(own_state)
    eventually(lambda: datetime.now(UTC) > moment)
    again = daemon.ensure_running(own_state)
    eventually(lambda: not names(client_of(again, "scheduler")))
    assert groups(client_of(again, "sagemaker")) == set()
