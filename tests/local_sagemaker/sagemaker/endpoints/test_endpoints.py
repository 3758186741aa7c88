"""Endpoints: from Creating to gone, and the requests in between."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.sagemaker.cloud import OLD_IMAGE, Cloud
from tests.local_sagemaker.sagemaker.processes import until, working_below


@pytest.fixture(scope="module")
def pipeline(cloud: Cloud) -> Iterator[str]:
    """An endpoint of two containers that pass bodies on; the second waits when told to."""
    second = {**cloud.container(NAME="last"), "ContainerHostname": "last"}
    yield (endpoint := cloud.endpoint("module-pipeline", cloud.container(NAME="first"), second))
    cloud.delete_endpoint(endpoint)


def refused(call: Callable[[], object]) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call()
    return dict(caught.value.response)


def test_headers_go_to_the_first_and_the_last_container(cloud: Cloud, name: str) -> None:
    traced = {"PROBE": "trace", "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "application/x-own"}
    containers = [cloud.container(NAME=name, **traced) for name in ("one", "two", "three")]
    cloud.endpoint(name, *containers)
    seen = json.loads(cloud.invoke(name, b"text", ContentType="text/csv", Accept="text/plain"))
    assert [(step["content_type"], step["accept"]) for step in seen] == [
        ("text/csv", "application/x-own"),
        ("application/json", "application/x-own"),
        ("application/json", "text/plain"),
    ]
    cloud.delete_endpoint(name)


def test_an_answer_carries_its_variant_and_content_type(cloud: Cloud, pipeline: str) -> None:
    answer = cloud.runtime.invoke_endpoint(EndpointName=pipeline, Body=b"x", ContentType="a/b", Accept="text/x")
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    assert answer["ContentType"].startswith("text/x")
    assert answer["Body"].read() == b"x"


@pytest.mark.parametrize(("status", "side"), [(415, "client"), (503, "server")])
def test_a_bad_answer_is_a_model_error_that_names_the_container(
    cloud: Cloud, pipeline: str, status: int, side: str
) -> None:
    error = refused(lambda: cloud.invoke(pipeline, b"answer %d" % status))
    assert error["Error"]["Code"] == "ModelError"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert error["OriginalStatusCode"] == status
    assert error["OriginalMessage"] == "first was told to"
    assert error["LogStreamArn"].endswith(f"log-group:/aws/sagemaker/Endpoints/{pipeline}")
    said = f'Received {side} error ({status}) from container-1 with message "first was told to". See https://'
    assert error["Error"]["Message"].startswith(said)


def test_a_body_of_the_largest_size_is_taken_and_a_byte_more_is_not(cloud: Cloud, pipeline: str) -> None:
    assert len(cloud.invoke(pipeline, bytes(6_291_456))) == 6_291_456
    error = refused(lambda: cloud.invoke(pipeline, bytes(6_291_457)))
    assert error["Error"]["Code"] == "ValidationError"
    assert "6291456 bytes" in error["Error"]["Message"]


@pytest.mark.parametrize("header", ["ContentType", "Accept"])
def test_what_is_no_header_value_is_refused(cloud: Cloud, pipeline: str, header: str) -> None:
    error = refused(
        lambda: cloud.runtime.invoke_endpoint(EndpointName=pipeline, Body=b"x", **{header: "text/caf\u00e9"})
    )["Error"]
    assert (error["Code"], "no header value" in error["Message"]) == ("ValidationError", True)


def test_an_endpoint_that_is_not_there_is_named(cloud: Cloud) -> None:
    error = refused(lambda: cloud.invoke("absent", b""))["Error"]
    assert (error["Code"], error["Message"]) == (
        "ValidationError",
        "Endpoint absent of account 123456789012 not found.",
    )
    error = refused(lambda: cloud.sagemaker.describe_endpoint(EndpointName="absent"))["Error"]
    arn = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/absent"
    assert (error["Code"], error["Message"]) == ("ValidationException", f'Could not find endpoint "{arn}".')


def test_a_streamed_response_is_refused_by_name(cloud: Cloud, pipeline: str) -> None:
    error = refused(lambda: cloud.runtime.invoke_endpoint_with_response_stream(EndpointName=pipeline, Body=b""))
    assert error["Error"]["Code"] == "UnknownOperationException"
    assert "InvokeEndpointWithResponseStream is not part" in error["Error"]["Message"]


def test_custom_attributes_go_to_every_container_and_the_last_ones_come_back(cloud: Cloud, name: str) -> None:
    cloud.endpoint(name, cloud.container("attributes"), cloud.container("attributes"))
    answer = cloud.runtime.invoke_endpoint(EndpointName=name, Body=b"x", CustomAttributes="trace=1")
    assert (answer["CustomAttributes"], answer["Body"].read()) == ("trace=1-answered", b"trace=1")
    answer = cloud.runtime.invoke_endpoint(EndpointName=name, Body=b"x")
    assert answer["Body"].read() == b"None"
    cloud.delete_endpoint(name)


def test_custom_attributes_have_at_most_1024_characters(cloud: Cloud, pipeline: str) -> None:
    def invoke(attributes: str) -> Any:
        return cloud.runtime.invoke_endpoint(EndpointName=pipeline, Body=b"x", CustomAttributes=attributes)

    assert invoke("a" * 1024)["Body"].read() == b"x"
    assert "at most 1024" in refused(lambda: invoke("a" * 1025))["Error"]["Message"]


def test_requests_run_side_by_side(cloud: Cloud, name: str) -> None:
    cloud.endpoint(name, cloud.container(WAIT_SECONDS="0.5", SAGEMAKER_MODEL_SERVER_WORKERS="2"))
    arrived = threading.Barrier(3)
    answers = []

    def invoke() -> None:
        arrived.wait()
        answers.append(cloud.invoke(name, b"wait"))

    threads = [threading.Thread(target=invoke) for _ in range(2)]
    for thread in threads:
        thread.start()
    arrived.wait()
    for thread in threads:
        thread.join()
    assert answers == [b"wait", b"wait"]
    cloud.delete_endpoint(name)


def test_a_container_that_cannot_load_its_model_fails_the_endpoint(cloud: Cloud, name: str) -> None:
    broken = {**cloud.container(PROBE="broken"), "ContainerHostname": "second"}
    with pytest.raises(WaiterError):
        cloud.endpoint(name, cloud.container(), broken)
    described = cloud.sagemaker.describe_endpoint(EndpointName=name)
    assert described["EndpointStatus"] == "Failed"
    assert described["FailureReason"].startswith(
        "The second for production variant AllTraffic did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint. ("
    )
    lines = cloud.log_lines(f"/aws/sagemaker/Endpoints/{name}", "AllTraffic/")
    assert any("this model cannot be loaded" in line for line in lines)
    refusal = refused(lambda: cloud.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=name))
    assert "can only be deleted" in refusal["Error"]["Message"]
    cloud.delete_endpoint(name)


def test_logs_are_named_as_aws_names_them(cloud: Cloud, pipeline: str) -> None:
    group = f"/aws/sagemaker/Endpoints/{pipeline}"
    until(lambda: len(cloud.log_streams(group)) == 2)
    variants, instances, containers = zip(*(stream.split("/") for stream in cloud.log_streams(group)), strict=True)
    assert set(variants) == {"AllTraffic"}
    assert len(set(instances)) == 1
    assert sorted(containers) == ["container-1", "last"]


def test_another_version_of_the_image_is_a_warning_in_the_log(cloud: Cloud, name: str) -> None:
    cloud.endpoint(name, cloud.container(image=OLD_IMAGE))
    cloud.delete_endpoint(name)
    lines = cloud.log_lines(f"/aws/sagemaker/Endpoints/{name}", "AllTraffic/")
    assert any("WARNING" in line and "1.4-2" in line for line in lines)


def test_no_request_is_lost_while_an_endpoint_is_updated(cloud: Cloud, name: str) -> None:
    cloud.endpoint(name, cloud.container(NAME="old", PROBE="trace", WAIT_SECONDS="1"))
    cloud.config(f"{name}-new", cloud.model(f"{name}-new", cloud.container(NAME="new", PROBE="trace")))
    served: list[str] = []
    lost: list[Exception] = []
    done = threading.Event()

    def ask(body: bytes) -> None:
        try:
            served.append(json.loads(cloud.invoke(name, body))[0]["name"])
        except ClientError as error:
            lost.append(error)

    def keep_asking() -> None:
        while not done.is_set():
            ask(b"now")

    askers = [threading.Thread(target=keep_asking) for _ in range(3)]
    for asker in askers:
        asker.start()
    slow = threading.Thread(target=ask, args=(b"wait",))
    slow.start()
    cloud.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=f"{name}-new")
    pending = cloud.sagemaker.describe_endpoint(EndpointName=name)
    cloud.wait_in_service(name)
    until(lambda: served[-3:] == ["new"] * 3)
    done.set()
    for thread in (*askers, slow):
        thread.join()
    assert lost == []
    assert {"old", "new"} == set(served)
    assert pending["EndpointStatus"] == "Updating"
    assert pending["EndpointConfigName"] == name
    assert cloud.sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"] == f"{name}-new"
    cloud.delete_endpoint(name)


def test_an_update_to_a_broken_model_leaves_the_old_one_serving(cloud: Cloud, name: str) -> None:
    cloud.endpoint(name, cloud.container())
    cloud.config(f"{name}-new", cloud.model(f"{name}-new", cloud.container(PROBE="broken")))
    cloud.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=f"{name}-new")
    refusal = refused(lambda: cloud.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=name))
    assert refusal["Error"]["Message"].startswith("Cannot update in-progress endpoint")
    cloud.wait_in_service(name)
    described = cloud.sagemaker.describe_endpoint(EndpointName=name)
    assert described["EndpointConfigName"] == name
    assert "did not pass the ping health check" in described["FailureReason"]
    assert cloud.invoke(name, b"still here") == b"still here"
    cloud.delete_endpoint(name)


def test_a_deleted_endpoint_leaves_no_process_and_no_file(cloud: Cloud, name: str, state: StateDirectory) -> None:
    cloud.endpoint(name, cloud.container(), cloud.container())
    directory = state.work / "endpoints" / name
    assert working_below(directory)
    cloud.delete_endpoint(name)
    assert not working_below(directory)
    assert not directory.exists()


def test_an_endpoint_that_is_created_or_updated_cannot_be_deleted(cloud: Cloud, name: str) -> None:
    """AWS answers `Cannot update in-progress endpoint`, too: what aws/amazon-sagemaker-operator-for-k8s waits for."""
    cloud.sagemaker.create_endpoint(
        EndpointName=name, EndpointConfigName=cloud.config(name, cloud.model(name, cloud.container()))
    )
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:endpoint/{name}"
    while_created = refused(lambda: cloud.sagemaker.delete_endpoint(EndpointName=name))["Error"]
    cloud.wait_in_service(name)
    cloud.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=name)
    while_updated = refused(lambda: cloud.sagemaker.delete_endpoint(EndpointName=name))["Error"]
    cloud.wait_in_service(name)
    for error in (while_created, while_updated):
        assert (error["Code"], error["Message"]) == (
            "ValidationException",
            f'Cannot update in-progress endpoint "{arn}".',
        )
    cloud.delete_endpoint(name)


def test_an_update_keeps_weights_and_counts_when_it_is_told_to(cloud: Cloud, name: str) -> None:
    cloud.endpoint(name, cloud.container())
    changed = {"VariantName": "AllTraffic", "DesiredWeight": 0.25, "DesiredInstanceCount": 3}
    cloud.sagemaker.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=[changed])
    cloud.config(f"{name}-new", name, InitialVariantWeight=0.5, InitialInstanceCount=2)

    def updated(**how: Any) -> tuple[float, int]:
        cloud.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=f"{name}-new", **how)
        cloud.wait_in_service(name)
        (variant,) = cloud.sagemaker.describe_endpoint(EndpointName=name)["ProductionVariants"]
        assert (variant["DesiredWeight"], variant["DesiredInstanceCount"]) == (
            variant["CurrentWeight"],
            variant["CurrentInstanceCount"],
        )
        return variant["CurrentWeight"], variant["CurrentInstanceCount"]

    assert updated(RetainAllVariantProperties=True) == (0.25, 3)
    excluded = [{"VariantPropertyType": "DesiredWeight"}]
    assert updated(RetainAllVariantProperties=True, ExcludeRetainedVariantProperties=excluded) == (0.5, 3)
    assert updated(ExcludeRetainedVariantProperties=excluded) == (0.5, 2)
    cloud.delete_endpoint(name)


def test_the_last_deployment_configuration_is_described(cloud: Cloud, name: str) -> None:
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    config = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}
    cloud.endpoint(name, cloud.container())

    def last_after(**how: Any) -> Any:
        cloud.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=name, **how)
        cloud.wait_in_service(name)
        return cloud.sagemaker.describe_endpoint(EndpointName=name).get("LastDeploymentConfig")

    assert last_after(DeploymentConfig=config) == config
    assert last_after(RetainDeploymentConfig=True) == config
    assert last_after() is None
    cloud.delete_endpoint(name)


def test_a_described_endpoint_says_when_its_images_were_looked_up(cloud: Cloud, pipeline: str) -> None:
    described = cloud.sagemaker.describe_endpoint(EndpointName=pipeline)
    (variant,) = described["ProductionVariants"]
    for image in variant["DeployedImages"]:
        assert described["CreationTime"] <= image["ResolutionTime"] <= described["LastModifiedTime"]


@pytest.mark.parametrize("mode", ["", "bz2", "xz"])
def test_an_artefact_that_is_no_tar_gz_fails_the_endpoint_in_awss_words(cloud: Cloud, name: str, mode: str) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode=f"w:{mode}") as archive:
        archive.add(__file__, "code/inference.py")
    uri = cloud.put(f"{name}/model.tar.gz", content.getvalue())
    with pytest.raises(WaiterError):
        cloud.endpoint(name, {**cloud.container(), "ModelDataUrl": uri})
    described = cloud.sagemaker.describe_endpoint(EndpointName=name)
    assert [variant["CurrentInstanceCount"] for variant in described["ProductionVariants"]] == [0]
    assert "PendingDeploymentSummary" not in described  # AWS gives it while a deployment is under way, and no longer
    assert described["FailureReason"] == (
        f'Failed to extract model data archive for container "primary" from URL: "{uri}". Please ensure that the '
        "object located at the URL is a valid tar.gz archive."
    )
    cloud.delete_endpoint(name)


def test_an_endpoint_serves_on_when_its_model_and_configuration_are_deleted(cloud: Cloud, name: str) -> None:
    cloud.endpoint(name, cloud.container())
    cloud.sagemaker.delete_model(ModelName=name)
    cloud.sagemaker.delete_endpoint_config(EndpointConfigName=name)
    assert cloud.invoke(name, b"x") == b"x"
    cloud.delete_endpoint(name)


def test_a_crashed_container_fails_its_request_and_is_started_again(cloud: Cloud, name: str) -> None:
    cloud.endpoint(name, cloud.container(), {**cloud.container(), "ContainerHostname": "second"})
    error = refused(lambda: cloud.invoke(name, b"crash"))
    assert error["Error"]["Code"] == "ModelError"
    assert error["OriginalStatusCode"] == 0
    assert "from container-1 with message" in error["Error"]["Message"]

    def answers() -> bool:
        try:
            return cloud.invoke(name, b"again") == b"again"
        except ClientError:
            return False

    until(answers)
    assert cloud.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService"
    lines = cloud.log_lines(f"/aws/sagemaker/Endpoints/{name}", "AllTraffic/")
    assert any("It is started again in" in line for line in lines)
    cloud.delete_endpoint(name)


def test_traffic_is_shared_by_weight_and_a_variant_can_be_asked_for(cloud: Cloud, name: str) -> None:
    variants = [
        {
            "VariantName": variant,
            "ModelName": cloud.model(f"{name}-{variant}", cloud.container(NAME=variant, PROBE="trace")),
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
            "InitialVariantWeight": weight,
        }
        for variant, weight in (("all", 1.0), ("none", 0.0))
    ]
    cloud.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)
    cloud.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    cloud.wait_in_service(name)
    assert {json.loads(cloud.invoke(name, b""))[0]["name"] for _ in range(10)} == {"all"}
    assert json.loads(cloud.invoke(name, b"", TargetVariant="none"))[0]["name"] == "none"
    assert refused(lambda: cloud.invoke(name, b"", TargetVariant="x"))["Error"]["Code"] == "ValidationError"
    reweigh = cloud.sagemaker.update_endpoint_weights_and_capacities
    shares = [{"VariantName": "all", "DesiredWeight": 0.0}, {"VariantName": "none", "DesiredWeight": 3.0}]
    reweigh(EndpointName=name, DesiredWeightsAndCapacities=shares)
    assert {json.loads(cloud.invoke(name, b""))[0]["name"] for _ in range(10)} == {"none"}
    described = cloud.sagemaker.describe_endpoint(EndpointName=name)["ProductionVariants"]
    assert [variant["CurrentWeight"] for variant in described] == [0.0, 3.0]
    unknown = [{"VariantName": "x", "DesiredWeight": 1.0}]
    refusal = refused(lambda: reweigh(EndpointName=name, DesiredWeightsAndCapacities=unknown))
    assert 'The variant name(s) "x"' in refusal["Error"]["Message"]
    cloud.delete_endpoint(name)
