"""`smoke`, the proof of the AWS target, on the local one: it lives, and leaves nothing, also when it is cut off."""

from __future__ import annotations

import re
from collections.abc import Iterator

import boto3
import pytest

from tests.integration.conftest import Shell


@pytest.fixture(scope="module")
def smoker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A shell with a local SageMaker of its own."""
    user = Shell(tmp_path_factory.mktemp("state"), "not-used")
    yield user
    user.pipeline("local", "down")


def left(shell: Shell) -> dict[str, int]:
    """Count what is there, in each service that the life touches."""
    lines = shell.pipeline("local", "env").stdout.splitlines()
    found = dict(line.removeprefix("export ").split("=", 1) for line in lines)
    session = boto3.Session(
        found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"], region_name=found["AWS_DEFAULT_REGION"]
    )
    sagemaker, s3, stacks, iam, schedules, alarms = (
        session.client(name, endpoint_url=found["AWS_ENDPOINT_URL"])  # type: ignore[call-overload]
        for name in ("sagemaker", "s3", "cloudformation", "iam", "scheduler", "cloudwatch")
    )
    return {
        "endpoints": len(sagemaker.list_endpoints()["Endpoints"]),
        "configurations": len(sagemaker.list_endpoint_configs()["EndpointConfigs"]),
        "models": len(sagemaker.list_models()["Models"]),
        "buckets": len(s3.list_buckets()["Buckets"]),
        "stacks": len(stacks.describe_stacks()["Stacks"]),
        "policies": len(iam.list_policies(Scope="Local")["Policies"]),
        "schedules": len(schedules.list_schedules()["Schedules"]),
        "alarms": len(alarms.describe_alarms()["MetricAlarms"]),
        "jobs": len(sagemaker.list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"]),
    }


def test_it_classifies_a_text_and_leaves_nothing(smoker: Shell) -> None:
    done = smoker.pipeline("smoke", "--yes")
    assert re.search(r"^\S+ \(\d+\.\d\d%\); nothing of smoke-[0-9a-f]{8} is left$", done.stdout, re.MULTILINE)
    assert "Add" in done.stderr
    assert set(left(smoker).values()) == {0}


def test_when_its_time_is_up_it_leaves_nothing_either(smoker: Shell) -> None:
    left(smoker)  # the server is up: the time is the life's alone
    done = smoker.pipeline("smoke", "--yes", "--minutes", "0.1", code=130)
    assert "is taken away again" in done.stderr
    assert set(left(smoker).values()) == {0}


def test_who_says_no_makes_nothing(smoker: Shell) -> None:
    assert smoker.pipeline("smoke", stdin=b"n\n").stdout.strip() == "nothing was made"
    assert set(left(smoker).values()) == {0}
