"""Asynchronous inference: accepted at once, answered in S3, told to SNS, and not lost with the server."""

from __future__ import annotations

import base64
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local_sagemaker.daemon import client_environment, ensure_running
from local_sagemaker.sagemaker.endpoints.asynchronous import sending
from local_sagemaker.sagemaker.endpoints.asynchronous.notifications import with_response
from local_sagemaker.sagemaker.endpoints.asynchronous.requests import AsyncRequests
from local_sagemaker.sagemaker.endpoints.metrics import backlog_metrics
from local_sagemaker.sagemaker.endpoints.records import Plan
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.sagemaker.cloud import BUCKET, Cloud
from tests.local_sagemaker.sagemaker.in_process import InProcess
from tests.local_sagemaker.sagemaker.processes import until


def serving(
    cloud: Cloud, name: str, *containers: dict[str, Any], client: dict[str, int] | None = None, **output: Any
) -> str:
    """Create an asynchronous endpoint and wait until it serves."""
    variant = {"VariantName": "AllTraffic", "ModelName": cloud.model(name, *containers)}
    config = {"OutputConfig": {"S3OutputPath": f"s3://{BUCKET}/async-{name}/", **output}}
    cloud.sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[{**variant, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}],
        AsyncInferenceConfig={**config, **({"ClientConfig": client} if client else {})},
    )
    cloud.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    cloud.wait_in_service(name)
    return name


def ask(cloud: Cloud, name: str, body: bytes, **request: Any) -> dict[str, Any]:
    """Put an input into S3 and invoke an endpoint with it."""
    source = cloud.put(f"async-in/{name}/{request.get('InferenceId', 'input')}", body)
    answer: dict[str, Any] = cloud.runtime.invoke_endpoint_async(EndpointName=name, InputLocation=source, **request)
    return answer


def is_there(cloud: Cloud, location: str) -> bool:
    prefix = location.removeprefix(f"s3://{BUCKET}/")
    return bool(cloud.keys(prefix))


def read(cloud: Cloud, location: str) -> bytes:
    """Wait for an object and read it."""
    until(lambda: is_there(cloud, location))
    return cloud.get(location.removeprefix(f"s3://{BUCKET}/"))


def refused(call: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call()
    return dict(caught.value.response["Error"])


@pytest.fixture(scope="module")
def endpoint(cloud: Cloud) -> Iterator[str]:
    """An endpoint of two containers with a place for failures."""
    containers = [cloud.container(NAME=each, WAIT_SECONDS="30") for each in ("first", "second")]
    yield serving(cloud, "module-async", *containers, S3FailurePath=f"s3://{BUCKET}/async-failures")
    cloud.delete_endpoint("module-async")


def test_a_request_is_accepted_and_its_answer_comes_to_s3(cloud: Cloud, endpoint: str) -> None:
    accepted = ask(cloud, endpoint, b"1,2", ContentType="text/csv", Accept="text/csv", InferenceId="mine")
    assert (accepted["ResponseMetadata"]["HTTPStatusCode"], accepted["InferenceId"]) == (202, "mine")
    assert accepted["OutputLocation"].startswith(f"s3://{BUCKET}/async-{endpoint}/")
    assert accepted["OutputLocation"].endswith(".out")
    assert accepted["FailureLocation"].startswith(f"s3://{BUCKET}/async-failures/")
    assert read(cloud, accepted["OutputLocation"]) == b"1,2"
    key = accepted["OutputLocation"].removeprefix(f"s3://{BUCKET}/")
    assert cloud.s3.head_object(Bucket=BUCKET, Key=key)["ContentType"] == "text/csv; charset=utf-8"
    assert not is_there(cloud, accepted["FailureLocation"])


def test_an_input_may_come_with_the_request_and_the_output_have_a_name(cloud: Cloud, endpoint: str) -> None:
    accepted = cloud.runtime.invoke_endpoint_async(
        EndpointName=endpoint, Body=b"inline", ContentType="text/csv", S3OutputPathExtension="a/b", Filename="c.csv"
    )
    assert accepted["OutputLocation"] == f"s3://{BUCKET}/async-{endpoint}/a/b/c.csv"
    assert read(cloud, accepted["OutputLocation"]) == b"inline"
    assert accepted["InferenceId"]


def test_an_input_has_its_objects_content_type_where_the_request_says_none(cloud: Cloud, name: str) -> None:
    endpoint = serving(cloud, name, cloud.container(NAME="tracer", PROBE="trace"))

    def seen(of_object: dict[str, str], of_request: dict[str, str]) -> str:
        key = f"async-in/{name}-{len(of_object)}-{len(of_request)}"
        cloud.s3.put_object(Bucket=BUCKET, Key=key, Body=b"1,2", **of_object)
        accepted = cloud.runtime.invoke_endpoint_async(
            EndpointName=endpoint, InputLocation=f"s3://{BUCKET}/{key}", **of_request
        )
        [told] = json.loads(read(cloud, accepted["OutputLocation"]))
        return str(told["content_type"])

    assert seen({"ContentType": "text/csv"}, {}) == "text/csv"
    assert seen({"ContentType": "text/csv"}, {"ContentType": "text/plain"}) == "text/plain"
    assert seen({}, {}) != "binary/octet-stream", "that is only what S3 says of an object that nobody typed"
    cloud.delete_endpoint(name)


def test_what_waits_is_a_metric(cloud: Cloud, endpoint: str) -> None:
    accepted = ask(cloud, endpoint, b"1", ContentType="text/csv")
    read(cloud, accepted["OutputLocation"])
    of_endpoint = [{"Name": "EndpointName", "Value": endpoint}]

    def least(name: str) -> float | None:
        now = time.time()
        found = cloud.cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=name,
            Dimensions=of_endpoint,
            StartTime=now - 120,
            EndTime=now + 60,
            Period=300,
            Statistics=["Minimum"],
        )["Datapoints"]
        return min((point["Minimum"] for point in found), default=None)

    for name in ("ApproximateBacklogSize", "ApproximateBacklogSizePerInstance", "HasBacklogWithoutCapacity"):
        until(lambda name=name: least(name) == 0.0)


def test_a_backlog_is_shared_out_among_the_instances() -> None:
    shared = {datum.name: datum.values.total for datum in backlog_metrics("e", 6, 2, 1.0)}
    assert shared == {
        "ApproximateBacklogSize": 6,
        "ApproximateBacklogSizePerInstance": 3,
        "HasBacklogWithoutCapacity": 0,
    }
    alone = {datum.name: datum.values.total for datum in backlog_metrics("e", 6, 0, 1.0)}
    assert alone == {"ApproximateBacklogSize": 6, "HasBacklogWithoutCapacity": 1}
    idle = {datum.name: datum.values.total for datum in backlog_metrics("e", 0, 0, 1.0)}
    assert idle["HasBacklogWithoutCapacity"] == 0


def test_what_a_container_refuses_goes_to_the_failures(cloud: Cloud, endpoint: str) -> None:
    accepted = ask(cloud, endpoint, b"answer 400", ContentType="text/csv")
    assert read(cloud, accepted["FailureLocation"]) == b"first was told to"
    assert not is_there(cloud, accepted["OutputLocation"])
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    [line] = [line for line in cloud.log_lines(group, "data-log") if accepted["InferenceId"] in line]
    assert 'Received client error (400) from container-1 with message "first was told to"' in line


def test_an_input_that_is_not_there_is_a_failure(cloud: Cloud, endpoint: str) -> None:
    accepted = cloud.runtime.invoke_endpoint_async(EndpointName=endpoint, InputLocation=f"s3://{BUCKET}/absent")
    assert b"absent: The specified key does not exist." in read(cloud, accepted["FailureLocation"])


def test_a_request_that_takes_too_long_is_a_failure(cloud: Cloud, endpoint: str) -> None:
    accepted = ask(cloud, endpoint, b"wait", ContentType="text/csv", InvocationTimeoutSeconds=1)
    assert b"timed out" in read(cloud, accepted["FailureLocation"])


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({}, "Exactly one of InputLocation and Body"),
        ({"InputLocation": f"s3://{BUCKET}/a", "Body": b"b"}, "Exactly one of InputLocation and Body"),
        ({"Body": bytes(128_001)}, "longer than 128000 bytes"),
        ({"InputLocation": "https://a.example/b"}, "write it as s3://bucket/key"),
        ({"Body": b"a", "Filename": "a/b"}, "Filename"),
        ({"Body": b"a", "S3OutputPathExtension": "s3://b"}, "S3OutputPathExtension"),
    ],
)
def test_what_cannot_be_taken_is_refused(cloud: Cloud, endpoint: str, request_: dict[str, Any], message: str) -> None:
    error = refused(lambda: cloud.runtime.invoke_endpoint_async(EndpointName=endpoint, **request_))
    assert (error["Code"], message in error["Message"]) == ("ValidationError", True)


@pytest.mark.parametrize(("member", "value"), [("RequestTTLSeconds", 59), ("InvocationTimeoutSeconds", 3601)])
def test_times_have_aws_limits(cloud: Cloud, endpoint: str, member: str, value: int) -> None:
    unchecked = boto3.Session().client(
        "sagemaker-runtime",
        endpoint_url=cloud.runtime.meta.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=boto3.session.Config(parameter_validation=False),
    )
    error = refused(lambda: unchecked.invoke_endpoint_async(EndpointName=endpoint, Body=b"a", **{member: value}))
    assert "number of seconds" in error["Message"]


def test_each_way_to_invoke_has_its_endpoints(cloud: Cloud, endpoint: str, name: str) -> None:
    assert "call InvokeEndpointAsync" in refused(lambda: cloud.invoke(endpoint, b"x"))["Message"]
    cloud.endpoint(name, cloud.container())
    assert "call InvokeEndpoint." in refused(lambda: ask(cloud, name, b"x"))["Message"]
    cloud.delete_endpoint(name)
    assert "not found" in refused(lambda: ask(cloud, name, b"x"))["Message"]


def test_an_endpoint_is_described_as_asynchronous(cloud: Cloud, endpoint: str) -> None:
    described = cloud.sagemaker.describe_endpoint(EndpointName=endpoint)["AsyncInferenceConfig"]
    assert described["OutputConfig"]["S3OutputPath"] == f"s3://{BUCKET}/async-{endpoint}/"


def test_a_configuration_needs_a_place_for_its_output(cloud: Cloud, name: str) -> None:
    cloud.model(name, cloud.container())
    variant = {"VariantName": "a", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    for output, message in (
        ({}, "needs an OutputConfig.S3OutputPath"),
        ({"S3OutputPath": "https://a/b"}, "s3://bucket"),
    ):
        error = refused(
            lambda output=output: cloud.sagemaker.create_endpoint_config(  # type: ignore[misc]
                EndpointConfigName=name, ProductionVariants=[variant], AsyncInferenceConfig={"OutputConfig": output}
            )
        )
        assert message in error["Message"]


def subscribed(environment: dict[str, str], name: str) -> tuple[dict[str, str], Callable[[str], dict[str, Any]]]:
    """Make a topic for each outcome, and what waits for the next message of one."""
    session = boto3.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name="us-east-1")
    url = environment["AWS_ENDPOINT_URL"]
    sns, sqs = session.client("sns", endpoint_url=url), session.client("sqs", endpoint_url=url)
    topics = {}
    for kind in ("Success", "Error"):
        topics[f"{kind}Topic"] = sns.create_topic(Name=f"{name}-{kind}")["TopicArn"]
        queue = sqs.create_queue(QueueName=f"{name}-{kind}")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topics[f"{kind}Topic"], Protocol="sqs", Endpoint=arn)

    def told(kind: str) -> dict[str, Any]:
        received: list[dict[str, Any]] = []
        url = sqs.get_queue_url(QueueName=f"{name}-{kind}")["QueueUrl"]
        until(lambda: bool(received.extend(sqs.receive_message(QueueUrl=url).get("Messages", [])) or received))
        message: dict[str, Any] = json.loads(json.loads(received[0]["Body"])["Message"])
        return message

    return topics, told


def test_topics_are_told_how_requests_ended(cloud: Cloud, environment: dict[str, str], name: str) -> None:
    topics, told = subscribed(environment, name)
    serving(cloud, name, cloud.container(), NotificationConfig=topics)
    good = ask(cloud, name, b"1,2", ContentType="text/csv", Accept="text/csv", InferenceId="good")
    message = told("Success")
    assert (message["invocationStatus"], message["inferenceId"]) == ("Completed", "good")
    assert (message["eventName"], message["eventSource"]) == ("InferenceResult", "aws:sagemaker")
    assert message["awsRegion"] == "us-east-1"
    assert message["requestParameters"]["endpointName"] == name
    assert message["requestParameters"]["inputLocation"] == f"s3://{BUCKET}/async-in/{name}/good"
    assert message["responseParameters"] == {
        "contentType": "text/csv; charset=utf-8",
        "outputLocation": good["OutputLocation"],
    }
    ask(cloud, name, b"answer 500", ContentType="text/csv", InferenceId="bad")
    message = told("Error")
    assert (message["invocationStatus"], message["inferenceId"]) == ("Failed", "bad")
    assert "Received server error (500)" in message["failureReason"]
    cloud.delete_endpoint(name)


def test_answers_are_in_the_notifications_of_the_topics_that_are_to_have_them(
    cloud: Cloud, environment: dict[str, str], name: str
) -> None:
    topics, told = subscribed(environment, name)
    notify = {**topics, "IncludeInferenceResponseIn": ["SUCCESS_NOTIFICATION_TOPIC"]}
    serving(cloud, name, cloud.container(), NotificationConfig=notify)
    ask(cloud, name, b"1,2", ContentType="text/csv", Accept="text/csv")
    body = told("Success")["responseBody"]
    assert (base64.b64decode(body["content"]), body["encoding"]) == (b"1,2", "BASE64")
    ask(cloud, name, b"answer 500", ContentType="text/csv")
    assert "responseBody" not in told("Error")
    cloud.delete_endpoint(name)


def test_a_notification_holds_no_answer_over_128_kilobytes() -> None:
    longest = bytes(128 * 1024)
    assert base64.b64decode(with_response({"a": 1}, longest)["responseBody"]["content"]) == longest
    assert with_response({"a": 1}, longest + b"0") == {"a": 1}


def test_a_topic_that_is_not_there_costs_the_notification_alone(cloud: Cloud, name: str) -> None:
    absent = "arn:aws:sns:us-east-1:123456789012:absent"
    serving(cloud, name, cloud.container(), NotificationConfig={"SuccessTopic": absent})
    accepted = ask(cloud, name, b"1", ContentType="text/csv")
    assert read(cloud, accepted["OutputLocation"]) == b"1"
    group = f"/aws/sagemaker/Endpoints/{name}"
    until(lambda: any(f"The topic {absent} could not be told" in line for line in cloud.log_lines(group, "data-log")))
    cloud.delete_endpoint(name)


def test_no_more_requests_are_sent_at_once_than_are_to_be(cloud: Cloud, name: str) -> None:
    container = cloud.container(WAIT_SECONDS="0.3", SAGEMAKER_MODEL_SERVER_WORKERS="4")
    serving(cloud, name, container, client={"MaxConcurrentInvocationsPerInstance": 1})
    begin = time.monotonic()
    places = [ask(cloud, name, b"wait", ContentType="text/csv", InferenceId=str(i)) for i in range(4)]
    for place in places:
        assert read(cloud, place["OutputLocation"]) == b"wait"
    assert time.monotonic() - begin >= 4 * 0.3, "one after the other"
    cloud.delete_endpoint(name)


@pytest.mark.long
def test_what_was_accepted_is_answered_by_the_next_server_after_a_kill(own_state: StateDirectory) -> None:
    server = ensure_running(own_state)
    with Cloud(client_environment(server)) as cloud:
        slow = cloud.container(WAIT_SECONDS="2", SAGEMAKER_MODEL_SERVER_WORKERS="1")
        serving(cloud, "kept", slow, client={"MaxConcurrentInvocationsPerInstance": 1})
        places = [ask(cloud, "kept", b"wait", ContentType="text/csv", InferenceId=str(i)) for i in range(3)]
    os.kill(server.pid, signal.SIGKILL)
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        assert [read(cloud, place["OutputLocation"]) for place in places] == [b"wait"] * 3


@pytest.fixture
def in_process(tmp_path: Any) -> Iterator[InProcess]:
    running = InProcess(tmp_path)
    yield running
    running.close()


def test_a_full_queue_takes_no_more(in_process: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "MOST_WAITING", 2)
    requests = AsyncRequests(in_process.database)
    row = ("{}", None)
    with in_process.database.write() as connection:
        for _ in range(2):
            connection.execute("INSERT INTO sagemaker_async_requests (endpoint, request, body) VALUES ('e', ?, ?)", row)
    assert [endpoint for _, endpoint in requests.waiting()] == ["e", "e"]
    plan = Plan("config", (), asynchronous={"OutputConfig": {"S3OutputPath": f"s3://{BUCKET}/o"}})
    monkeypatch.setattr("local_sagemaker.sagemaker.endpoints.run.RunningEndpoints.plan_of", lambda *_: plan)
    with pytest.raises(Exception, match="2 requests wait for endpoint e"):
        in_process.sagemaker.invocations["async-invocations"]("e", b"x", {})
    assert len(requests.waiting()) == 2
