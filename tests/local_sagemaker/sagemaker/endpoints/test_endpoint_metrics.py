"""Endpoints' metrics in CloudWatch, under AWS's names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.sagemaker.endpoints.metrics import Call, EndpointMetrics
from tests.local_sagemaker.sagemaker.cloud import Cloud


@pytest.fixture(scope="module")
def endpoint(cloud: Cloud) -> Iterator[str]:
    """An endpoint of two containers and two instances that has answered five times, three of them badly."""
    name = "measured"
    model = cloud.model(name, cloud.container(NAME="first"), {**cloud.container(), "ContainerHostname": "last"})
    cloud.config(name, model, InitialInstanceCount=2)
    cloud.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    cloud.wait_in_service(name)
    for body in (b"x", b"answer 415", b"answer 503", b"y", b"crash"):
        with suppress(ClientError):
            cloud.invoke(name, body)
    yield name
    cloud.delete_endpoint(name)


def statistics(cloud: Cloud, metric: str, dimensions: Mapping[str, str]) -> dict[str, Any]:
    now = datetime.now(UTC)
    answer = cloud.cloudwatch.get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=86_400,
        Statistics=["Sum", "SampleCount", "Average", "Maximum"],
    )
    (point,) = answer["Datapoints"]
    return dict(point)


@pytest.mark.parametrize("of_config", [False, True])
@pytest.mark.parametrize(
    ("metric", "total"),
    [("Invocations", 5), ("Invocation4XXErrors", 1), ("Invocation5XXErrors", 1), ("InvocationModelErrors", 3)],
)
def test_requests_and_errors_are_counted(cloud: Cloud, endpoint: str, metric: str, total: int, of_config: bool) -> None:
    config = {"EndpointConfigName": endpoint} if of_config else {}
    found = statistics(cloud, metric, {"EndpointName": endpoint, "VariantName": "AllTraffic", **config})
    assert (found["Sum"], found["SampleCount"], found["Unit"]) == (total, 5, "None")


def test_invocations_are_divided_by_the_instances(cloud: Cloud, endpoint: str) -> None:
    found = statistics(cloud, "InvocationsPerInstance", {"EndpointName": endpoint, "VariantName": "AllTraffic"})
    assert (found["Sum"], found["SampleCount"]) == (2.5, 5)


def test_latencies_are_in_microseconds_of_the_model_the_rest_and_each_container(cloud: Cloud, endpoint: str) -> None:
    variant = {"EndpointName": endpoint, "VariantName": "AllTraffic"}
    model, overhead = (statistics(cloud, metric, variant) for metric in ("ModelLatency", "OverheadLatency"))
    first, last = (
        statistics(cloud, "ContainerLatency", {**variant, "ContainerName": name}) for name in ("container-1", "last")
    )
    assert model["Unit"] == overhead["Unit"] == first["Unit"] == "Microseconds"
    assert model["SampleCount"] == overhead["SampleCount"] == 4, "there is no answer of a container that died"
    assert (first["SampleCount"], last["SampleCount"]) == (4, 2), "the last was asked where the first was good"
    assert abs(first["Sum"] + last["Sum"] - model["Sum"]) <= 6
    assert 100 < model["Average"] < 60_000_000
    assert 0 < overhead["Average"] < model["Sum"] + 1_000_000


def test_metrics_are_listed(cloud: Cloud, endpoint: str) -> None:
    wanted = [{"Name": "EndpointName", "Value": endpoint}]
    listed = cloud.cloudwatch.list_metrics(Namespace="AWS/SageMaker", Dimensions=wanted)["Metrics"]
    names = {metric["MetricName"] for metric in listed}
    assert {"Invocations", "ModelLatency", "OverheadLatency", "ContainerLatency"} <= names


def test_each_container_is_measured_though_the_first_request_of_a_second_went_no_further_than_the_first() -> None:
    metrics = EndpointMetrics()
    call = Call("series", "series", "AllTraffic", 1, 1_000.0, 415, 0.5, (("first", 0.2),), in_series=True)
    metrics.note(call)
    metrics.note(call._replace(time=1_000.5, status=200, containers=(("first", 0.2), ("last", 0.2))))
    found = [datum for datum in metrics.take() if datum.name == "ContainerLatency"]
    counts = {datum.dimensions["ContainerName"]: datum.values.count for datum in found}
    assert counts == {"first": 2, "last": 1}
