"""The commands find what `bootstrap` made, and use it unless something else is named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError

from pipeline.aws import session as sessions
from pipeline.aws.infrastructure import Infrastructure, find_infrastructure
from pipeline.aws.session import OWNER_TAG, Choices, Session
from pipeline.errors import BadInput, NotReady

ROLE = "arn:aws:iam::123456789012:role/execution"
OUTPUTS = {"BucketName": "the-bucket", "ExecutionRoleArn": ROLE}


def make_stack(session: Session, outputs: Mapping[str, str], owner: str | None = "text-pipeline") -> None:
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    session.cloudformation.create_stack(
        StackName="text-pipeline-infrastructure",
        TemplateBody=json.dumps(template),
        Tags=[{"Key": OWNER_TAG, "Value": owner}] if owner else [],
    )


def test_its_outputs_are_what_the_commands_use(aws_session: Session) -> None:
    network = {"SubnetIds": "subnet-1,subnet-2", "SecurityGroupIds": "sg-1"}
    make_stack(aws_session, {**OUTPUTS, **network, "SchedulerRoleArn": "s", "KmsKeyArn": "k"})
    assert aws_session.infrastructure == Infrastructure(
        "the-bucket", ROLE, "s", "k", subnets=("subnet-1", "subnet-2"), security_groups=("sg-1",)
    )
    assert aws_session.role_arn == ROLE
    assert aws_session.home.bucket == "the-bucket"
    assert aws_session.kms_key == "k"
    assert aws_session.vpc == {"security_group_ids": ["sg-1"], "subnets": ["subnet-1", "subnet-2"]}


def test_without_it_everything_is_as_without_bootstrap(aws_session: Session) -> None:
    assert aws_session.infrastructure is None
    assert aws_session.home.bucket == "sagemaker-eu-west-1-123456789012"
    assert (aws_session.kms_key, aws_session.vpc) == (None, None)
    with pytest.raises(BadInput, match="make bootstrap"):
        _ = aws_session.role_arn


def test_what_is_named_comes_first(aws_session: Session) -> None:
    make_stack(aws_session, OUTPUTS)
    named = Session(aws_session.target, Choices(role_arn="arn:mine", bucket="my-bucket"))
    assert (named.role_arn, named.home.bucket) == ("arn:mine", "my-bucket")


@pytest.mark.parametrize("owner", [None, "another"])
def test_a_strangers_stack_of_the_same_name_is_not_used(aws_session: Session, owner: str | None) -> None:
    make_stack(aws_session, OUTPUTS, owner)
    assert aws_session.infrastructure is None


def test_a_pipeline_whose_name_no_stack_can_have_has_none(aws_session: Session) -> None:
    assert find_infrastructure(aws_session, "1st") is None


@pytest.mark.parametrize("status", ["CREATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "DELETE_FAILED"])
def test_a_stack_on_the_way_is_waited_for_by_bootstrap_alone(aws_session: Session, status: str) -> None:
    tags = [{"Key": OWNER_TAG, "Value": "text-pipeline"}]
    stack = {"StackName": "text-pipeline-infrastructure", "StackStatus": status, "Tags": tags}
    with (
        patch.object(aws_session.cloudformation, "describe_stacks", return_value={"Stacks": [stack]}),
        pytest.raises(NotReady, match=f"is {status}: .* `make bootstrap`"),
    ):
        _ = aws_session.infrastructure


@pytest.mark.parametrize("code", ["AccessDenied", "ThrottlingException"])
def test_who_may_not_read_the_stack_goes_on_only_with_role_and_bucket_of_his_own(
    aws_session: Session, code: str
) -> None:
    error = ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeStacks")
    both = Session(aws_session.target, Choices(role_arn="arn:mine", bucket="my-bucket"))
    one = Session(aws_session.target, Choices(role_arn="arn:mine"))
    with patch.object(sessions, "find_infrastructure", side_effect=error):
        with pytest.raises(ClientError):
            _ = one.infrastructure
        if code == "AccessDenied":
            assert both.infrastructure is None
        else:
            with pytest.raises(ClientError):
                _ = both.infrastructure


def test_a_bucket_that_is_gone_is_not_made_anew_without_its_rules(aws_session: Session) -> None:
    make_stack(aws_session, OUTPUTS)
    with pytest.raises(NotReady, match="bootstrap"):
        aws_session.make_bucket()
    assert aws_session.s3.list_buckets()["Buckets"] == []
