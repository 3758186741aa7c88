"""What is not ours is answered by moto."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.daemon import RunningServer
from tests.local_sagemaker.conftest import ClientFactory
from tests.local_sagemaker.wire import send, signed_for


def test_sts_says_who_one_is(client: ClientFactory) -> None:
    assert client("sts").get_caller_identity()["Account"] == "123456789012"


def test_role_can_be_made_and_found(client: ClientFactory) -> None:
    iam = client("iam")
    made = iam.create_role(RoleName="trainer", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    assert iam.get_role(RoleName="trainer")["Role"]["Arn"] == made == "arn:aws:iam::123456789012:role/trainer"


def test_error_of_moto_keeps_its_code(client: ClientFactory) -> None:
    with pytest.raises(ClientError, match="NoSuchEntity"):
        client("iam").get_user(UserName="nobody")


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


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code"),
    [
        ("iam", "generate_organizations_access_report", {"EntityPath": "o-1234567890/r-abcd/ou"}, "InvalidAction"),
        ("sts", "decode_authorization_message", {"EncodedMessage": "m"}, "InvalidAction"),
        ("ecr", "describe_pull_through_cache_rules", {}, "UnknownOperation"),
        ("braket", "get_device", {"deviceArn": "arn:aws:braket:::device/x"}, "UnknownOperation"),
    ],
)
def test_what_nobody_implements_is_refused_by_name(
    client: ClientFactory, service: str, operation: str, parameters: dict[str, Any], code: str
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(client(service), operation)(**parameters)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert caught.value.response["Error"]["Code"].startswith(code)
    said = caught.value.response["Error"]["Message"]
    assert "is not part of the local SageMaker, nor of moto" in said
    assert service == "braket" or operation.replace("_", "") in said.lower().replace("_", "")


def test_an_operation_of_no_service_model_is_refused_by_name(server: RunningServer) -> None:
    headers = {**signed_for("sagemaker"), "X-Amz-Target": "SageMaker.Frobnicate"}
    answer = send(server, "POST", "/", {**headers, "Content-Type": "application/x-amz-json-1.1"}, b"{}")
    assert (answer.status, json.loads(answer.body)["__type"]) == (400, "UnknownOperationException")
    assert "Frobnicate" in json.loads(answer.body)["message"]


def test_a_request_that_names_no_operation_is_refused(server: RunningServer) -> None:
    answer = send(server, "POST", "/nowhere", signed_for("sagemaker"), b"{}")
    assert (answer.status, "POST /nowhere" in json.loads(answer.body)["message"]) == (400, True)
