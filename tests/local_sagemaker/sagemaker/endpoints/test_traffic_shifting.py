"""Safe releases: traffic that goes over to a new fleet in shares, is watched by alarms, and goes back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.sagemaker.cloud import Cloud
from tests.local_sagemaker.sagemaker.processes import until, working_below

_WAITING = 3_600
_HALF = {"Type": "CAPACITY_PERCENT", "Value": 50}
_ONE = {"Type": "INSTANCE_COUNT", "Value": 1}


@pytest.fixture
def release(cloud: Cloud, name: str) -> Iterator[str]:
    """An endpoint of two instances, and a configuration `<name>-new` beside it."""
    begin(cloud, name)
    yield name
    until(lambda: status(cloud, name) == "InService")
    cloud.delete_endpoint(name)


def begin(cloud: Cloud, name: str) -> None:
    for version in ("old", "new"):
        container = cloud.container(NAME=version, PROBE="trace")
        cloud.config(f"{name}-{version}", cloud.model(f"{name}-{version}", container), InitialInstanceCount=2)
    cloud.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-old")
    cloud.wait_in_service(name)


def alarm(cloud: Cloud, endpoint: str, **changed: Any) -> str:
    name = f"{endpoint}-5xx-errors"
    cloud.cloudwatch.put_metric_alarm(
        **{
            "AlarmName": name,
            "Namespace": "AWS/SageMaker",
            "MetricName": "Invocation5XXErrors",
            "Dimensions": [
                {"Name": "EndpointName", "Value": endpoint},
                {"Name": "VariantName", "Value": "AllTraffic"},
            ],
            "Statistic": "Sum",
            "Period": 10,
            "EvaluationPeriods": 1,
            "Threshold": 1.0,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
            **changed,
        }
    )
    return name


def policy(kind: str, wait: int, *alarms: str, termination_wait: int = 0, **sizes: Any) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **sizes}
    blue_green = {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": termination_wait}
    watched = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in alarms]}} if alarms else {}
    return {"BlueGreenUpdatePolicy": blue_green, **watched}


def update(cloud: Cloud, name: str, config: Mapping[str, Any]) -> None:
    cloud.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=f"{name}-new", DeploymentConfig=config)


def described(cloud: Cloud, name: str) -> dict[str, Any]:
    return dict(cloud.sagemaker.describe_endpoint(EndpointName=name))


def status(cloud: Cloud, name: str) -> str:
    return str(described(cloud, name)["EndpointStatus"])


def stage(cloud: Cloud, name: str) -> str | None:
    (variant,) = described(cloud, name).get("PendingDeploymentSummary", {}).get("ProductionVariants", [{}])
    return next((one["Status"] for one in variant.get("VariantStatus", ())), None)


def answered_by(cloud: Cloud, name: str, times: int = 100) -> Counter[str]:
    return Counter(json.loads(cloud.invoke(name, b"x"))[0]["name"] for _ in range(times))


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    return str(caught.value.response["Error"]["Message"])


def test_a_canary_gets_its_share_and_then_all(cloud: Cloud, release: str, state: StateDirectory) -> None:
    update(cloud, release, policy("CANARY", 3, CanarySize=_ONE))
    until(lambda: stage(cloud, release) == "Baking")
    assert status(cloud, release) == "Updating"
    seen = answered_by(cloud, release)
    assert 20 < seen["new"] < 80
    assert seen["old"] == 100 - seen["new"]
    cloud.wait_in_service(release)
    assert described(cloud, release)["EndpointConfigName"] == f"{release}-new"
    assert answered_by(cloud, release, 20) == {"new": 20}


def test_an_alarm_during_the_bake_brings_the_old_fleet_back(cloud: Cloud, release: str, state: StateDirectory) -> None:
    before = len(working_below(state.work / "endpoints" / release))
    watched = alarm(cloud, release)
    config = policy("CANARY", _WAITING, watched, CanarySize=_HALF)
    update(cloud, release, config)
    until(lambda: answered_by(cloud, release, 20)["new"] > 0)
    summary = described(cloud, release)["PendingDeploymentSummary"]
    assert summary["EndpointConfigName"] == f"{release}-new"
    assert summary["ProductionVariants"][0]["VariantStatus"][0]["Status"] == "Baking"
    assert summary["StartTime"] <= summary["ProductionVariants"][0]["VariantStatus"][0]["StartTime"]
    cloud.cloudwatch.set_alarm_state(AlarmName=watched, StateValue="ALARM", StateReason="a rehearsal")
    cloud.wait_in_service(release)
    after = described(cloud, release)
    assert after["EndpointConfigName"] == f"{release}-old"
    assert watched in after["FailureReason"]
    assert after["LastDeploymentConfig"] == config
    assert "PendingDeploymentSummary" not in after
    assert answered_by(cloud, release, 20) == {"old": 20}
    assert len(working_below(state.work / "endpoints" / release)) == before
