"""Data capture: AWS's JSON Lines in S3, of real requests to real containers, and what is kept of them meanwhile."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.daemon import client_environment, ensure_running, stop
from local_sagemaker.errors import AwsError
from local_sagemaker.sagemaker.endpoints import capture
from local_sagemaker.sagemaker.endpoints.capture import Captures
from local_sagemaker.sagemaker.endpoints.invocation import Invocation, InvocationResult
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.sagemaker.cloud import BUCKET, Cloud
from tests.local_sagemaker.sagemaker.processes import until

BOTH = [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
TEXT = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}


def config(name: str, **more: Any) -> dict[str, Any]:
    """Write a DataCaptureConfig that captures all below a prefix of the test's own."""
    return {
        "InitialSamplingPercentage": 100,
        "CaptureOptions": BOTH,
        "CaptureContentTypeHeader": TEXT,
        "DestinationS3Uri": f"s3://{BUCKET}/captures-{name}/",
        **more,
    }


def capturing(cloud: Cloud, name: str, settings: dict[str, Any], *containers: dict[str, Any]) -> str:
    """Create an endpoint that captures, and wait until it serves."""
    variant = {"VariantName": "blue", "ModelName": cloud.model(name, *(containers or (cloud.container(),)))}
    instance = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    cloud.sagemaker.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=[{**variant, **instance}], DataCaptureConfig=settings
    )
    cloud.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    cloud.wait_in_service(name)
    return name


def captured(cloud: Cloud, name: str) -> list[dict[str, Any]]:
    """Read all captures of an endpoint, in order."""
    prefix = f"captures-{name}/"
    lines = [line for key in cloud.keys(prefix) for line in cloud.get(prefix + key).splitlines()]
    return [json.loads(line) for line in lines]


def test_requests_and_answers_are_written_as_aws_writes_them(cloud: Cloud, name: str) -> None:
    before = datetime.now(UTC)
    capturing(cloud, name, config(name))
    cloud.invoke(name, b"1,2\n", ContentType="text/csv", Accept="text/csv", CustomAttributes="a=b", InferenceId="first")
    cloud.invoke(name, b'{"x": 1}', ContentType="application/json", Accept="application/json")
    cloud.invoke(name, b"\xff\x00", ContentType="application/octet-stream", Accept="application/octet-stream")
    until(lambda: len(captured(cloud, name)) == 3)
    [key, *_] = cloud.keys(f"captures-{name}/")
    assert re.fullmatch(rf"{name}/blue/\d{{4}}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{{3}}-[0-9a-f-]{{36}}\.jsonl", key)
    csv, document, binary = captured(cloud, name)
    assert csv["captureData"] == {
        "endpointInput": {"observedContentType": "text/csv", "mode": "INPUT", "data": "1,2\n", "encoding": "CSV"},
        "endpointOutput": {
            "observedContentType": "text/csv; charset=utf-8",
            "mode": "OUTPUT",
            "data": "1,2\n",
            "encoding": "CSV",
        },
    }
    about = csv["eventMetadata"]
    assert (csv["eventVersion"], about["inferenceId"], about["customAttributes"]) == ("0", "first", ["a=b"])
    assert datetime.fromisoformat(about["inferenceTime"]) >= before.replace(microsecond=0)
    assert document["captureData"]["endpointInput"]["encoding"] == "JSON"
    assert "inferenceId" not in document["eventMetadata"]
    body = binary["captureData"]["endpointInput"]
    assert (body["encoding"], base64.b64decode(body["data"])) == ("BASE64", b"\xff\x00")
    described = cloud.sagemaker.describe_endpoint(EndpointName=name)["DataCaptureConfig"]
    assert (described["CaptureStatus"], described["CurrentSamplingPercentage"]) == ("Started", 100)
    cloud.delete_endpoint(name)


def test_a_pipelines_first_input_and_last_output_are_captured(cloud: Cloud, name: str) -> None:
    containers = [cloud.container(PROBE="trace", NAME=each) for each in ("first", "second")]
    capturing(cloud, name, config(name), *containers)
    cloud.invoke(name, b"a", ContentType="text/csv")
    until(lambda: len(captured(cloud, name)) == 1)
    [line] = captured(cloud, name)
    assert line["captureData"]["endpointInput"]["data"] == "a"
    trace = json.loads(line["captureData"]["endpointOutput"]["data"])
    assert [each["name"] for each in trace] == ["first", "second"]
    cloud.delete_endpoint(name)


def test_capture_ends_with_an_update_that_switches_it_off(cloud: Cloud, name: str) -> None:
    capturing(cloud, name, config(name))
    cloud.invoke(name, b"captured", ContentType="text/csv")
    off, model = f"{name}-off", {"VariantName": "blue", "ModelName": name}
    cloud.sagemaker.create_endpoint_config(
        EndpointConfigName=off,
        ProductionVariants=[{**model, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}],
        DataCaptureConfig=config(name, EnableCapture=False),
    )
    cloud.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=off)
    cloud.wait_in_service(name)
    assert cloud.sagemaker.describe_endpoint(EndpointName=name)["DataCaptureConfig"]["CaptureStatus"] == "Stopped"
    cloud.invoke(name, b"not captured", ContentType="text/csv")
    until(lambda: len(captured(cloud, name)) == 1)
    cloud.delete_endpoint(name)
    assert [each["captureData"]["endpointInput"]["data"] for each in captured(cloud, name)] == ["captured"]


@pytest.mark.long
def test_what_waits_is_written_when_the_server_stops(own_state: StateDirectory) -> None:
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        capturing(cloud, "kept", config("kept"))
        cloud.invoke("kept", b"a", ContentType="text/csv")
    stop(own_state)
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        assert len(captured(cloud, "kept")) == 1
        cloud.wait_in_service("kept")
        cloud.invoke("kept", b"b", ContentType="text/csv")
        until(lambda: len(captured(cloud, "kept")) == 2)


def test_captures_go_to_s3_only(cloud: Cloud, name: str) -> None:
    with pytest.raises(ClientError, match="write it as s3://bucket/key"):
        capturing(cloud, name, config(name, DestinationS3Uri="https://a.example/captures"))


class Objects:
    """S3 as captures see it: it may fail, or be slow."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.failing = False
        self.tried = threading.Event()

    def put(self, bucket: str, key: str, source: Any, content_type: str) -> None:
        self.tried.set()
        if self.failing:
            raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
        self.bodies.append(source.read())


@pytest.fixture
def objects() -> Objects:
    return Objects()


@pytest.fixture
def captures(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> Iterator[Captures]:
    """Captures that are written when they end, unless a test says otherwise."""
    monkeypatch.setattr(capture, "FIRST_PAUSE", 60.0)
    gathered = Captures(objects)  # type: ignore[arg-type]
    yield gathered
    gathered.shut_down()


def take(captures: Captures, settings: dict[str, Any], body: bytes = b"a") -> None:
    call = Invocation("endpoint", body, "text/csv", None)
    captures.take(settings, call, InvocationResult(200, {"Content-Type": "text/csv"}, b"b", "blue"))


def test_what_waits_is_bounded(captures: Captures, objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "MOST_BYTES", 10_000)
    for _ in range(100):
        take(captures, config("a"), b"x" * 1000)
    captures.shut_down()
    lines = b"".join(objects.bodies).splitlines()
    assert 5 <= len(lines) < 10
    assert sum(map(len, lines)) <= 10_000


def test_a_bucket_that_is_not_there_costs_its_captures_alone(
    captures: Captures, objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "FIRST_PAUSE", 0.0)
    objects.failing = True
    take(captures, config("a"), b"lost")
    assert objects.tried.wait(10)
    objects.failing = False
    take(captures, config("a"), b"written")
    captures.shut_down()
    assert b"written" in b"".join(objects.bodies)
    assert b"lost" not in b"".join(objects.bodies)


@pytest.mark.parametrize(("percentage", "least", "most"), [(0, 0, 0), (20, 120, 280), (100, 1000, 1000)])
def test_the_percentage_of_requests_is_captured(
    captures: Captures, objects: Objects, percentage: int, least: int, most: int
) -> None:
    for _ in range(1000):
        take(captures, config("a", InitialSamplingPercentage=percentage))
    captures.shut_down()
    assert least <= len(b"".join(objects.bodies).splitlines()) <= most


@pytest.mark.parametrize(
    ("options", "sides"),
    [
        ([{"CaptureMode": "Input"}], {"endpointInput"}),
        ([{"CaptureMode": "Output"}], {"endpointOutput"}),
        ([{"CaptureMode": "InputAndOutput"}], {"endpointInput", "endpointOutput"}),
    ],
)
def test_the_sides_that_are_asked_for_are_captured(
    captures: Captures, objects: Objects, options: list[dict[str, str]], sides: set[str]
) -> None:
    take(captures, config("a", CaptureOptions=options))
    captures.shut_down()
    [line] = b"".join(objects.bodies).splitlines()
    assert set(json.loads(line)["captureData"]) == sides


def test_without_content_types_everything_is_base64(captures: Captures, objects: Objects) -> None:
    take(captures, {**config("a"), "CaptureContentTypeHeader": {}})
    captures.shut_down()
    [line] = b"".join(objects.bodies).splitlines()
    assert json.loads(line)["captureData"]["endpointInput"] == {
        "observedContentType": "text/csv",
        "mode": "INPUT",
        "data": base64.b64encode(b"a").decode(),
        "encoding": "BASE64",
    }
