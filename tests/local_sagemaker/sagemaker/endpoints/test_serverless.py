"""Serverless endpoints: a container that starts on the first request, and what AWS excludes for them."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.daemon import client_environment, ensure_running, stop
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.sagemaker.cloud import ROLE, Cloud
from tests.local_sagemaker.sagemaker.processes import until, working_below

SERVERLESS = {"MemorySizeInMB": 2048, "MaxConcurrency": 2}


def configured(cloud: Cloud, name: str, model: str, serverless: dict[str, int] | None = None, **request: Any) -> str:
    """Create a serverless configuration and return its name."""
    variant = {"VariantName": "AllTraffic", "ModelName": model, "ServerlessConfig": serverless or SERVERLESS}
    cloud.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], **request)
    return name


def serving(cloud: Cloud, name: str, container: dict[str, Any], serverless: dict[str, int] | None = None) -> str:
    """Create a serverless endpoint and wait until it is in service."""
    configured(cloud, name, cloud.model(name, container), serverless)
    cloud.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    cloud.wait_in_service(name)
    return name


def containers_of(state: StateDirectory, endpoint: str) -> int:
    """Count the processes of an endpoint's containers."""
    return len(working_below(state.work / "endpoints" / endpoint))


def containers_logged(cloud: Cloud, endpoint: str) -> int:
    """Count the containers that an endpoint has had, by their log streams, as soon as there is any."""
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    until(lambda: bool(cloud.log_streams(group)))
    return len(cloud.log_streams(group))


def error_of(caught: pytest.ExceptionInfo[ClientError]) -> dict[str, Any]:
    return {**caught.value.response, **caught.value.response["Error"]}


def test_a_container_starts_on_the_first_request_and_is_kept_for_the_next(
    cloud: Cloud, name: str, state: StateDirectory
) -> None:
    serving(cloud, name, cloud.container())
    assert containers_of(state, name) == 0
    described = cloud.sagemaker.describe_endpoint(EndpointName=name)
    [variant] = described["ProductionVariants"]
    assert (described["EndpointStatus"], variant["CurrentServerlessConfig"]) == ("InService", SERVERLESS)
    assert "CurrentInstanceCount" not in variant
    assert cloud.invoke(name, b"one") == b"one"
    assert containers_of(state, name) > 0
    assert cloud.invoke(name, b"two") == b"two"
    assert containers_logged(cloud, name) == 1, "both requests had one container"
    cloud.delete_endpoint(name)
    until(lambda: containers_of(state, name) == 0)


def test_what_was_deployed_serves_when_its_artefact_and_model_are_gone(cloud: Cloud, name: str) -> None:
    container = cloud.container("attributes")
    serving(cloud, name, container)
    cloud.sagemaker.delete_model(ModelName=name)
    cloud.s3.delete_object(Bucket="tests", Key="models/attributes/model.tar.gz")
    assert cloud.invoke(name, b"x") == b"None"
    cloud.delete_endpoint(name)


def test_a_container_that_died_is_started_by_the_next_request(cloud: Cloud, name: str) -> None:
    serving(cloud, name, cloud.container())
    with pytest.raises(ClientError) as caught:
        cloud.invoke(name, b"crash")
    assert error_of(caught)["Code"] == "ModelError"
    assert cloud.invoke(name, b"again") == b"again"
    cloud.delete_endpoint(name)


def test_a_container_that_does_not_come_up_is_the_requests_error(cloud: Cloud, name: str) -> None:
    serving(cloud, name, cloud.container(PROBE="broken"))
    with pytest.raises(ClientError) as caught:
        cloud.invoke(name, b"x")
    error = error_of(caught)
    assert (error["Code"], error["OriginalStatusCode"]) == ("ModelError", 0)
    assert "did not pass the ping health check" in error["OriginalMessage"]
    assert cloud.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService"
    cloud.delete_endpoint(name)


def test_requests_that_meet_a_cold_start_share_it(cloud: Cloud, name: str) -> None:
    serving(cloud, name, cloud.container())
    answers: list[bytes] = []
    threads = [threading.Thread(target=lambda: answers.append(cloud.invoke(name, b"x"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [b"x", b"x"]
    assert containers_logged(cloud, name) == 1
    cloud.delete_endpoint(name)


def test_more_than_the_concurrency_is_throttled(cloud: Cloud, name: str) -> None:
    one = {**SERVERLESS, "MaxConcurrency": 1}
    serving(cloud, name, cloud.container(WAIT_SECONDS="5", SAGEMAKER_MODEL_SERVER_WORKERS="2"), one)
    cloud.invoke(name, b"warm")
    seen: list[str] = []

    def invoke() -> None:
        try:
            cloud.invoke(name, b"wait")
        except ClientError as error:
            seen.append(error.response["Error"]["Code"])

    both = [threading.Thread(target=invoke) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert seen == ["ThrottlingException"]
    assert cloud.invoke(name, b"x") == b"x"
    cloud.delete_endpoint(name)


def test_a_body_over_4_mb_is_refused(cloud: Cloud, name: str) -> None:
    serving(cloud, name, cloud.container())
    assert len(cloud.invoke(name, bytes(4_194_304))) == 4_194_304
    with pytest.raises(ClientError, match="at most 4194304 bytes"):
        cloud.invoke(name, bytes(4_194_305))
    cloud.delete_endpoint(name)


def test_provisioned_concurrency_is_warm(cloud: Cloud, name: str, state: StateDirectory) -> None:
    serving(cloud, name, cloud.container(), {**SERVERLESS, "ProvisionedConcurrency": 1})
    assert containers_of(state, name) > 0
    assert cloud.invoke(name, b"x") == b"x"
    cloud.delete_endpoint(name)


@pytest.mark.long
def test_an_endpoint_comes_back_cold_after_the_server(own_state: StateDirectory) -> None:
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        serving(cloud, "cold", cloud.container())
        cloud.invoke("cold", b"x")
    stop(own_state)
    assert containers_of(own_state, "cold") == 0
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        cloud.wait_in_service("cold")
        assert containers_of(own_state, "cold") == 0
        assert cloud.invoke("cold", b"y") == b"y"


INPUT = [{"CaptureMode": "Input"}]
CAPTURE = {"InitialSamplingPercentage": 1, "DestinationS3Uri": "s3://tests/c", "CaptureOptions": INPUT}


@pytest.mark.parametrize(
    ("request_", "excluded"),
    [
        ({"DataCaptureConfig": CAPTURE}, "data capture"),
        ({"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://tests/o"}}}, "asynchronous inference"),
        ({"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}}, "a VpcConfig"),
    ],
)
def test_what_aws_excludes_is_refused_by_name(cloud: Cloud, name: str, request_: dict[str, Any], excluded: str) -> None:
    with pytest.raises(ClientError, match=f"serverless, which AWS excludes for {excluded}"):
        configured(cloud, name, cloud.model(name, cloud.container()), **request_)


@pytest.mark.parametrize(
    ("model", "excluded"),
    [
        ({"EnableNetworkIsolation": True}, "network isolation"),
        ({"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}}, "a VpcConfig"),
    ],
)
def test_a_model_that_aws_excludes_is_refused_by_name(
    cloud: Cloud, name: str, model: dict[str, Any], excluded: str
) -> None:
    cloud.sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=cloud.container(), **model)
    with pytest.raises(ClientError, match=f"AWS excludes for {excluded}"):
        configured(cloud, name, name)


def test_an_inference_pipeline_is_refused_by_name(cloud: Cloud, name: str) -> None:
    with pytest.raises(ClientError, match=r"AWS excludes for inference pipelines.* has 2 containers"):
        configured(cloud, name, cloud.model(name, cloud.container(), cloud.container()))


def test_several_variants_are_refused_by_name(cloud: Cloud, name: str) -> None:
    model = cloud.model(name, cloud.container())
    variants = [{"VariantName": each, "ModelName": model, "ServerlessConfig": SERVERLESS} for each in "ab"]
    with pytest.raises(ClientError, match="several production variants"):
        cloud.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)


@pytest.mark.parametrize(
    ("serverless", "message"),
    [
        ({"MemorySizeInMB": 1500, "MaxConcurrency": 1}, "multiple of 1024"),
        ({"MemorySizeInMB": 1024, "MaxConcurrency": 1, "ProvisionedConcurrency": 2}, "greater than MaxConcurrency"),
    ],
)
def test_sizes_are_those_of_aws(cloud: Cloud, name: str, serverless: dict[str, int], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        configured(cloud, name, cloud.model(name, cloud.container()), serverless)


def test_instances_are_not_left_for_serverless_but_taken_again(cloud: Cloud, name: str) -> None:
    serving(cloud, name, cloud.container())
    real, back = cloud.config(f"{name}-real", name), configured(cloud, f"{name}-back", name)
    cloud.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=real)
    cloud.wait_in_service(name)
    assert cloud.invoke(name, b"x") == b"x"
    with pytest.raises(ClientError, match="cannot be updated to serverless"):
        cloud.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=back)
    cloud.delete_endpoint(name)
