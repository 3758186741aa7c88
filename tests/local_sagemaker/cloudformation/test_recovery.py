"""Stacks over the server's end: what is made stays, and what was under way is carried on."""

from __future__ import annotations

import json
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker import daemon
from local_sagemaker.cloudformation.records import Stack, Status, Version, now
from local_sagemaker.cloudformation.run import StackRuns
from local_sagemaker.cloudformation.stacks import StackOperations
from local_sagemaker.cloudformation.store import SCHEMA, StackStore
from local_sagemaker.database import Database
from local_sagemaker.errors import AwsError
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.cloudformation.conftest import history, log_group, settled, template
from tests.local_sagemaker.cloudformation.test_stacks import ASSUMED, reading
from tests.local_sagemaker.conftest import client_of
from tests.local_sagemaker.sagemaker.processes import until

ARN = "arn:aws:cloudformation:us-east-1:123456789012:stack/s/1"


@pytest.mark.long
def test_a_stack_its_roles_and_its_events_survive_the_server(own_state: StateDirectory) -> None:
    running = daemon.ensure_running(own_state)
    policy = {"PolicyDocument": reading("*"), "Roles": [{"Ref": "Role"}]}
    body = template(
        {
            "Bucket": {"Type": "AWS::S3::Bucket"},
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": ASSUMED}},
            "Policy": {"Type": "AWS::IAM::ManagedPolicy", "Properties": policy},
        },
        Outputs={"Role": {"Value": {"Ref": "Role"}}, "Arn": {"Value": {"Ref": "Policy"}}},
    )
    before = client_of(running, "cloudformation")
    stack_id = before.create_stack(StackName="s", TemplateBody=body, Capabilities=["CAPABILITY_IAM"])["StackId"]
    stack, steps = settled(before, "s"), history(before, "s")
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    role = client_of(running, "iam").get_role(RoleName=outputs["Role"])["Role"]
    os.kill(running.pid, signal.SIGKILL)
    daemon.stop(own_state)

    again = daemon.ensure_running(own_state)
    after, iam = client_of(again, "cloudformation"), client_of(again, "iam")
    assert after.describe_stacks(StackName="s")["Stacks"] == [stack]
    assert history(after, "s") == steps
    assert iam.get_role(RoleName=outputs["Role"])["Role"] == role
    [attached] = iam.list_attached_role_policies(RoleName=outputs["Role"])["AttachedPolicies"]
    assert attached["PolicyArn"] == outputs["Arn"]
    after.delete_stack(StackName="s")
    assert settled(after, stack_id)["StackStatus"] == "DELETE_COMPLETE"
    daemon.stop(own_state)

    last = client_of(daemon.ensure_running(own_state), "iam")
    assert outputs["Role"] not in {each["RoleName"] for each in last.list_roles()["Roles"]}
    with pytest.raises(last.exceptions.NoSuchEntityException):
        last.get_role(RoleName=outputs["Role"])


class Power(BaseException):
    """The server ends at once."""


class Logs:
    """CloudWatch Logs that the power can fail in."""

    def __init__(self) -> None:
        self.groups: list[str] = []
        self.fails: str | None = None
        self.calls_left = 1 << 30

    def __call__(self, service: str, operation: str, parameters: Any) -> dict[str, Any]:
        if self.calls_left == 0:
            raise Power
        self.calls_left -= 1
        name = parameters.get("logGroupName", "")
        if operation == "DescribeLogGroups":
            return {"logGroups": [{"logGroupName": each} for each in self.groups]}
        if operation == "CreateLogGroup":
            if name == self.fails:
                raise AwsError("LimitExceededException", "no more")
            self.groups.append(name)
        elif operation == "DeleteLogGroup":
            if name not in self.groups:
                raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
            self.groups.remove(name)
        return {}


def run(database: Database, logs: Logs) -> Stack:
    """Carry on with what is stored, until it is done or the power fails."""
    StackRuns(StackStore(database), logs).recover()
    return ended(database)


def ended(database: Database) -> Stack:
    """Wait until nothing more is done."""
    for thread in threading.enumerate():
        if thread.name == "stack-s":
            thread.join(30)
    stack = StackStore(database).find(ARN)
    assert stack is not None
    return stack


def names(resources: dict[str, Any]) -> list[str]:
    return sorted(each["Properties"]["LogGroupName"] for each in resources.values())


OLD = {"A": log_group("/a"), "B": log_group("/b", DependsOn="A"), "C": log_group("/c", DependsOn="B")}
NEW = {"A": log_group("/x"), "B": log_group("/b", DependsOn="A"), "D": log_group("/d", DependsOn="B")}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("cut", range(9))
@pytest.mark.parametrize("fails", [None, "/c"])
def test_a_creation_that_is_cut_off_ends_the_same(tmp_path: Path, cut: int, fails: str | None) -> None:
    database, logs = Database(tmp_path / "state", [SCHEMA]), Logs()
    logs.groups, logs.fails, logs.calls_left = ["/stranger"], fails, cut
    version = Version(template=template(OLD))
    stack = Stack(
        id=ARN, name="s", region="us-east-1", status=Status.CREATE_IN_PROGRESS, created=now(), version=version
    )
    StackStore(database).put(stack)
    run(database, logs)
    logs.calls_left = 1 << 30
    last = run(database, logs)
    assert last.status == (Status.ROLLBACK_COMPLETE if fails else Status.CREATE_COMPLETE)
    assert sorted(logs.groups) == [*([] if fails else names(OLD)), "/stranger"]
    database.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("cut", range(9))
@pytest.mark.parametrize("fails", [None, "/d"])
def test_an_update_that_is_cut_off_ends_the_same(tmp_path: Path, cut: int, fails: str | None) -> None:
    database, logs = Database(tmp_path / "state", [SCHEMA]), Logs()
    logs.groups = ["/stranger"]
    store, old, new = StackStore(database), Version(template=template(OLD)), Version(template=template(NEW))
    begun = Stack(id=ARN, name="s", region="us-east-1", status=Status.CREATE_IN_PROGRESS, created=now(), version=old)
    store.put(begun)
    assert run(database, logs).status == Status.CREATE_COMPLETE
    store.set_status(ARN, Status.UPDATE_IN_PROGRESS, None, version=new, previous=old)
    logs.fails, logs.calls_left = fails, cut
    run(database, logs)
    logs.calls_left = 1 << 30
    last = run(database, logs)
    assert last.status == (Status.UPDATE_ROLLBACK_COMPLETE if fails else Status.UPDATE_COMPLETE)
    assert sorted(logs.groups) == sorted([*names(OLD if fails else NEW), "/stranger"])
    assert json.loads(last.version.template)["Resources"] == (OLD if fails else NEW)
    database.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("cut", range(4))
def test_a_deletion_that_is_cut_off_ends_the_same(tmp_path: Path, cut: int) -> None:
    database, logs = Database(tmp_path / "state", [SCHEMA]), Logs()
    store, version = StackStore(database), Version(template=template(OLD))
    store.put(
        Stack(id=ARN, name="s", region="us-east-1", status=Status.CREATE_IN_PROGRESS, created=now(), version=version)
    )
    run(database, logs)
    store.set_status(ARN, Status.DELETE_IN_PROGRESS)
    logs.calls_left = cut
    run(database, logs)
    logs.calls_left = 1 << 30
    assert run(database, logs).status == Status.DELETE_COMPLETE
    assert logs.groups == []
    database.close()


def test_a_stack_that_is_deleted_while_it_is_made_leaves_nothing(tmp_path: Path) -> None:
    database, logs = Database(tmp_path / "state", [SCHEMA]), Logs()
    reached, let_go = threading.Event(), threading.Event()

    def slow(service: str, operation: str, parameters: Any) -> dict[str, Any]:
        if operation == "CreateLogGroup" and parameters["logGroupName"] == "/b":
            reached.set()
            assert let_go.wait(30)
        return logs(service, operation, parameters)

    store, version = StackStore(database), Version(template=template(OLD))
    store.put(
        Stack(id=ARN, name="s", region="us-east-1", status=Status.CREATE_IN_PROGRESS, created=now(), version=version)
    )
    runs = StackRuns(store, slow)
    runs.recover()
    assert reached.wait(30)
    runs.start(store.set_status(ARN, Status.DELETE_IN_PROGRESS))
    let_go.set()
    until(lambda: (stack := store.find(ARN)) is not None and stack.status == Status.DELETE_COMPLETE)
    assert logs.groups == []
    runs.shut_down()
    database.close()


def test_a_rollback_that_failed_is_carried_on_with_when_it_can_be(tmp_path: Path) -> None:
    database, logs = Database(tmp_path / "state", [SCHEMA]), Logs()
    store, version = StackStore(database), Version(template=template(OLD))
    store.put(
        Stack(id=ARN, name="s", region="us-east-1", status=Status.CREATE_IN_PROGRESS, created=now(), version=version)
    )
    run(database, logs)
    store.set_status(ARN, Status.UPDATE_ROLLBACK_FAILED)
    store.change(ARN, lambda each: replace(each, resources=each.resources[:-1]))
    logs.groups.remove("/c")
    StackOperations(store, StackRuns(store, logs)).continue_rollback({"StackName": "s"})
    assert ended(database).status == Status.UPDATE_ROLLBACK_COMPLETE
    assert logs.groups == names(OLD)
    with pytest.raises(AwsError, match="can not be rolled back"):
        StackOperations(store, StackRuns(store, logs)).continue_rollback({"StackName": "s"})
    database.close()
