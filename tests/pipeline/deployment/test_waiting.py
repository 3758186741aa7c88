"""Waiting for jobs and endpoints ends on each status that no other follows."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import botocore.session
import pytest

from pipeline.aws.session import OWNER_TAG, Session
from pipeline.aws.waiting import Following, wait
from pipeline.deployment import deploy, endpoint
from pipeline.deployment.updating.traffic import Shift, Traffic
from pipeline.errors import BadInput, JobFailed

MODEL = botocore.session.get_session().get_service_model("sagemaker")
MOVING_ON = {"InProgress", "Stopping"}
STATUSES = [
    (shape, status)
    for shape in ("TrainingJobStatus", "TransformJobStatus", "ProcessingJobStatus")
    for status in MODEL.shape_for(shape).enum
]


class Job:
    """A job that comes to one status after the other; a look too many is an error."""

    def __init__(self, *statuses: str) -> None:
        self._left = list(statuses)
        self.looks = 0
        self.stopped = False

    def describe(self) -> dict[str, str]:
        self.looks += 1
        return {"Status": self._left.pop(0), "FailureReason": "because"}

    def stop(self) -> None:
        self.stopped = True


def wait_for(job: Job, on_poll: Callable[[], object] = lambda: None) -> dict[str, str]:
    return wait("it", "Status", job.describe, job.stop, Following(0, on_poll))


@pytest.mark.parametrize(("shape", "status"), STATUSES)
def test_each_status_of_the_service_model_ends_a_wait_or_moves_on(shape: str, status: str) -> None:
    if status in MOVING_ON:
        assert wait_for(Job(status, "Completed"))["Status"] == "Completed"
    elif status == "Completed":
        assert wait_for(Job(status))["Status"] == "Completed"
    else:
        with pytest.raises(JobFailed, match=rf"it: {status}\. because"):
            wait_for(Job(status))


def test_what_is_called_at_each_look_is_not_called_after_the_end() -> None:
    calls: list[None] = []
    job = Job("InProgress", "InProgress", "Completed")
    wait_for(job, lambda: calls.append(None))
    assert (job.looks, len(calls), job.stopped) == (3, 2, False)


def test_a_wait_that_is_interrupted_stops_the_job() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    job = Job("InProgress")
    with pytest.raises(KeyboardInterrupt):
        wait_for(job, interrupt)
    assert job.stopped


NOT_SCALED = SimpleNamespace(describe_scalable_targets=lambda **_: {"ScalableTargets": []})


class Account:
    """An account with one endpoint, which comes to one status after the other at each look, then is gone."""

    def __init__(self, *statuses: str, config: str = "old", owner: str = "mine") -> None:
        self._left, self._config, self._owner = list(statuses), config, owner
        self.asked: list[str] = []

    def describe_endpoint(self, EndpointName: str) -> dict[str, str]:  # noqa: N803 (boto3's names)
        if not self._left:
            raise botocore.exceptions.ClientError({"Error": {"Code": "ValidationException"}}, "DescribeEndpoint")
        return {"EndpointArn": "arn", "EndpointStatus": self._left.pop(0), "EndpointConfigName": self._config}

    def list_tags(self, ResourceArn: str) -> dict[str, Any]:  # noqa: N803
        return {"Tags": [{"Key": OWNER_TAG, "Value": self._owner}]}

    def add_tags(self, **members: Any) -> None:
        pass

    def create_endpoint(self, **members: Any) -> None:
        self.asked.append("create")

    def update_endpoint(self, **members: Any) -> None:
        self.asked.append("update")

    def delete_endpoint(self, **names: str) -> None:
        self.asked.append("delete")

    def get_waiter(self, name: str) -> Any:
        return SimpleNamespace(wait=lambda **options: None)


def session_of(account: Account) -> Session:
    target = SimpleNamespace(name="aws", poll_seconds=0)
    return cast(
        "Session",
        SimpleNamespace(
            name="mine",
            target=target,
            sagemaker=account,
            region="eu-west-1",
            owner_tags=[],
            rehearsal=None,
            scaling=NOT_SCALED,
        ),
    )


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """For which configurations a deployment waited."""
    configs: list[str] = []
    monkeypatch.setattr(deploy, "wait_in_service", lambda session, config: configs.append(config))
    return configs


def serve(account: Account, config: str) -> None:
    deploy.serve(session_of(account), config, Shift(Traffic.ALL_AT_ONCE, bake_seconds=0), 1, [])


@pytest.mark.parametrize("status", ["Creating", "Updating", "SystemUpdating", "RollingBack"])
def test_deploying_waits_for_what_is_under_way_before_it_updates(status: str, waited: list[str]) -> None:
    account = Account(status, status, "InService")
    serve(account, "new")
    assert (account.asked, waited) == (["update"], ["new"])


def test_deploying_waits_for_a_deletion_and_creates(waited: list[str]) -> None:
    account = Account("Deleting", "Deleting")
    serve(account, "new")
    assert (account.asked, waited) == (["create"], ["new"])


def test_an_endpoint_that_fails_while_it_is_waited_for_is_made_anew(waited: list[str]) -> None:
    account = Account("Creating", "Failed")
    serve(account, "new")
    assert (account.asked, waited) == (["delete", "create"], ["new"])


@pytest.mark.parametrize("status", ["OutOfService", "UpdateRollbackFailed"])
def test_an_endpoint_out_of_order_is_updated_or_says_what_to_do(status: str, waited: list[str]) -> None:
    account = Account(status)
    serve(account, "new")
    assert (account.asked, waited) == (["update"], ["new"])
    with pytest.raises(JobFailed, match=f"{status}.*make teardown"):
        serve(Account(status, config="new"), "new")


def test_an_endpoint_that_is_not_ours_is_neither_waited_for_nor_changed(waited: list[str]) -> None:
    account = Account("Updating", owner="another")
    with pytest.raises(BadInput, match="is not this pipeline's"):
        serve(account, "new")
    assert (account.asked, waited) == ([], [])


def test_an_endpoint_at_rest_is_described_once() -> None:
    found = endpoint.ours_at_rest(session_of(Account("Updating", "InService", "Failed")))
    assert found is not None
    assert found["EndpointStatus"] == "InService"
