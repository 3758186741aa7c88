"""What the SDKs ask of STS and IAM before they do anything."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_sagemaker.conftest import ClientFactory


@pytest.fixture
def iam(client: ClientFactory) -> Any:
    """A client of IAM."""
    return client("iam")


@pytest.fixture
def name() -> str:
    """The name of a role that nobody has made."""
    return f"role-{uuid.uuid4().hex[:8]}"


def test_caller_has_assumed_a_role_that_sagemaker_may_assume_too(client: ClientFactory, iam: Any) -> None:
    caller = client("sts").get_caller_identity()
    assert caller["Arn"].startswith("arn:aws:sts::123456789012:assumed-role/SageMakerRole/")
    role = iam.get_role(RoleName="SageMakerRole")["Role"]
    assert role["Arn"] == "arn:aws:iam::123456789012:role/SageMakerRole"
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert caller["UserId"].partition(":")[0] == role["RoleId"]


def test_every_action_is_allowed_on_every_resource(iam: Any) -> None:
    pages = iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn="arn:aws:iam::123456789012:role/SageMakerRole",
        ActionNames=["s3:PutObject", "sagemaker:CreateTrainingJob"],
        ResourceArns=["arn:aws:s3:::one/*", "arn:aws:s3:::two/*"],
    )
    results = [result for page in pages for result in page["EvaluationResults"]]
    asked = [(result["EvalActionName"], result["EvalResourceName"]) for result in results]
    assert len(set(asked)) == 4
    assert {result["EvalDecision"] for result in results} == {"allowed"}


def test_a_role_of_the_users_own_account_is_taken_to_be_there(iam: Any, name: str) -> None:
    arn = f"arn:aws:iam::111122223333:role/service-role/{name}"
    iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"])
    assert iam.get_role(RoleName=name)["Role"]["Path"] == "/service-role/"


def test_what_is_taken_to_be_there_takes_policies(iam: Any, name: str) -> None:
    reading = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [reading]})
    iam.put_role_policy(RoleName=name, PolicyName="reading", PolicyDocument=document)
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["reading"]


def test_a_role_keeps_its_id_when_another_is_created(iam: Any, name: str) -> None:
    before = iam.get_role(RoleName="SageMakerRole")["Role"]
    iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    after = iam.get_role(RoleName="SageMakerRole")["Role"]
    assert (after["RoleId"], after["Arn"]) == (before["RoleId"], before["Arn"])
    assert {"SageMakerRole", name} <= {role["RoleName"] for role in iam.list_roles()["Roles"]}


def test_a_role_that_was_deleted_is_gone(iam: Any, name: str) -> None:
    iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    iam.delete_role(RoleName=name)
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_role(RoleName=name)
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AmazonSageMakerFullAccess")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    assert iam.get_role(RoleName=name)["Role"]["RoleName"] == name


def test_what_is_no_principal_is_not_simulated(iam: Any) -> None:
    with pytest.raises(ClientError, match="InvalidInput"):
        iam.simulate_principal_policy(PolicySourceArn="arn:aws:s3:::a-bucket", ActionNames=["s3:GetObject"])
