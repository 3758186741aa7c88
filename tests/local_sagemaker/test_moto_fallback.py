"""What is not ours is answered by moto."""

from __future__ import annotations

import socket

import pytest
from botocore.exceptions import ClientError

from .conftest import ClientFactory


def test_sts_says_who_one_is(client: ClientFactory) -> None:
    assert client("sts").get_caller_identity()["Account"] == "123456789012"


def test_role_can_be_made_and_found(client: ClientFactory) -> None:
    iam = client("iam")
    made = iam.create_role(RoleName="trainer", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    assert iam.get_role(RoleName="trainer")["Role"]["Arn"] == made == "arn:aws:iam::123456789012:role/trainer"


def test_sagemaker_operation_that_is_not_ours_is_answered(client: ClientFactory) -> None:
    sagemaker = client("sagemaker")
    sagemaker.create_experiment(ExperimentName="tries")
    assert [entry["ExperimentName"] for entry in sagemaker.list_experiments()["ExperimentSummaries"]] == ["tries"]


def test_error_of_moto_keeps_its_code(client: ClientFactory) -> None:
    with pytest.raises(ClientError, match="NoSuchEntity"):
        client("iam").get_role(RoleName="nobody")


def test_nothing_is_sent_to_the_network(client: ClientFactory) -> None:
    sns = client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    with socket.create_server(("127.0.0.1", 0)) as subscriber:
        port = subscriber.getsockname()[1]
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"http://127.0.0.1:{port}/hook")
        with pytest.raises(ClientError, match="InternalFailure"):
            sns.publish(TopicArn=topic, Message="hello")
        subscriber.setblocking(False)
        with pytest.raises(BlockingIOError):
            subscriber.accept()
