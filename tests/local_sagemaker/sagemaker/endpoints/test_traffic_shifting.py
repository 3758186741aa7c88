"""Safe releases: traffic that goes over to a new fleet in shares, is watched by alarms, and goes back."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.daemon import client_environment, ensure_running, stop
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.sagemaker.cloud import Cloud
from tests.local_sagemaker.sagemaker.processes import until, working_below
from tests.local_sagemaker.sagemaker.test_recovery import killed

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


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(lambda: policy("CANARY", 4, CanarySize=_ONE), id="canary"),
        pytest.param(lambda: policy("LINEAR", 4, LinearStepSize=_HALF), id="linear"),
        pytest.param(
            lambda: {"RollingUpdatePolicy": {"MaximumBatchSize": _ONE, "WaitIntervalInSeconds": 4}}, id="rolling"
        ),
    ],
)
def test_both_fleets_serve_until_the_new_one_has_all(
    cloud: Cloud, release: str, config: Callable[[], dict[str, Any]]
) -> None:
    update(cloud, release, config())
    answers: list[str] = []
    while status(cloud, release) == "Updating":
        answers += answered_by(cloud, release, 1)
    assert "old" in answers[answers.index("new") :]
    assert described(cloud, release)["EndpointConfigName"] == f"{release}-new"
    assert answered_by(cloud, release, 10) == {"new": 10}


def test_an_alarm_during_the_bake_brings_the_old_fleet_back(cloud: Cloud, release: str, state: StateDirectory) -> None:
    before = len(working_below(state.work / "endpoints" / release))
    watched = alarm(cloud, release)
    config = policy("CANARY", _WAITING, watched, CanarySize=_HALF)
    update(cloud, release, config)
    until(lambda: stage(cloud, release) == "Baking")
    assert 25 < answered_by(cloud, release)["new"] < 75
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


def test_errors_of_the_new_fleet_trip_an_alarm_that_takes_all_traffic_back(cloud: Cloud, release: str) -> None:
    watched = alarm(cloud, release)
    update(cloud, release, policy("ALL_AT_ONCE", 0, watched, termination_wait=_WAITING))
    until(lambda: answered_by(cloud, release, 5) == {"new": 5})
    with pytest.raises(ClientError):
        cloud.invoke(release, b"answer 500")
    cloud.wait_in_service(release)
    assert described(cloud, release)["EndpointConfigName"] == f"{release}-old"
    assert watched in described(cloud, release)["FailureReason"]
    (tripped,) = cloud.cloudwatch.describe_alarms(AlarmNames=[watched])["MetricAlarms"]
    assert tripped["StateReason"].startswith("Threshold Crossed: ")


def test_a_new_fleet_that_does_not_come_up_gets_no_traffic(cloud: Cloud, release: str) -> None:
    broken = cloud.model(f"{release}-broken", cloud.container(PROBE="broken"))
    cloud.config(f"{release}-broken", broken, InitialInstanceCount=2)
    cloud.sagemaker.update_endpoint(
        EndpointName=release,
        EndpointConfigName=f"{release}-broken",
        DeploymentConfig=policy("CANARY", _WAITING, CanarySize=_HALF),
    )
    cloud.wait_in_service(release)
    assert "did not pass the ping health check" in described(cloud, release)["FailureReason"]
    assert answered_by(cloud, release, 5) == {"old": 5}


def test_no_request_is_lost_while_traffic_goes_over_and_back(cloud: Cloud, release: str) -> None:
    watched = alarm(cloud, release)
    over, seen = threading.Event(), Counter[str]()

    def ask() -> Counter[str]:
        own = Counter[str]()
        while not over.is_set():
            own += answered_by(cloud, release, 5)
        return own

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        try:
            update(cloud, release, policy("LINEAR", 2, watched, termination_wait=_WAITING, LinearStepSize=_HALF))
            until(lambda: answered_by(cloud, release, 10) == {"new": 10})
            cloud.cloudwatch.set_alarm_state(AlarmName=watched, StateValue="ALARM", StateReason="a rehearsal")
            cloud.wait_in_service(release)
        finally:
            over.set()
        for each in asking:
            seen += each.result()
    assert seen["new"] > 0
    assert seen["old"] > 0
    assert answered_by(cloud, release, 10) == {"old": 10}


def test_nothing_else_changes_an_endpoint_whose_traffic_shifts(cloud: Cloud, release: str) -> None:
    watched = alarm(cloud, release)
    update(cloud, release, policy("CANARY", _WAITING, watched, CanarySize=_HALF))
    weights = [{"VariantName": "AllTraffic", "DesiredWeight": 2.0}]
    changes: list[Callable[[], object]] = [
        lambda: update(cloud, release, policy("CANARY", 0, CanarySize=_HALF)),
        lambda: cloud.sagemaker.delete_endpoint(EndpointName=release),
        lambda: cloud.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=release, DesiredWeightsAndCapacities=weights
        ),
    ]
    for change in changes:
        assert "Cannot update in-progress endpoint" in refusal(change)
    cloud.cloudwatch.set_alarm_state(AlarmName=watched, StateValue="ALARM", StateReason="enough")


def test_what_aws_excludes_is_refused(cloud: Cloud, release: str) -> None:
    cloud.config(f"{release}-one", f"{release}-new")
    cloud.config(f"{release}-other", f"{release}-new", InitialInstanceCount=2, VariantName="Other")

    def answer(config: str, deployment: Mapping[str, Any]) -> str:
        return refusal(
            lambda: cloud.sagemaker.update_endpoint(
                EndpointName=release, EndpointConfigName=f"{release}-{config}", DeploymentConfig=deployment
            )
        )

    assert "total instance count is 1" in answer("one", policy("CANARY", 1, CanarySize=_ONE))
    assert "total instance count is 1" in answer("one", policy("LINEAR", 1, LinearStepSize=_HALF))
    assert "same variant names" in answer("other", policy("CANARY", 1, CanarySize=_ONE))
    too_much = {"Type": "CAPACITY_PERCENT", "Value": 51}
    too_little = {"Type": "CAPACITY_PERCENT", "Value": 9}
    assert "at most 50%" in answer("new", policy("CANARY", 1, CanarySize=too_much))
    assert "10% to 50%" in answer("new", policy("LINEAR", 1, LinearStepSize=too_little))
    assert "CanarySize must be specified" in answer("new", policy("CANARY", 1))
    assert "for no other" in answer("new", policy("ALL_AT_ONCE", 1, CanarySize=_ONE))
    assert "Could not find the CloudWatch alarms" in answer("new", policy("ALL_AT_ONCE", 1, "absent"))
    rolling = {"RollingUpdatePolicy": {"MaximumBatchSize": _ONE, "WaitIntervalInSeconds": 1}}
    assert "Only one update policy" in answer("new", {**rolling, **policy("ALL_AT_ONCE", 1)})
    assert status(cloud, release) == "InService"


@pytest.mark.long
def test_after_a_kill_a_shift_begins_anew_and_is_carried_to_its_end(own_state: StateDirectory) -> None:
    server = ensure_running(own_state)
    with Cloud(client_environment(server)) as cloud:
        begin(cloud, "serving")
        watched = alarm(cloud, "serving")
        update(cloud, "serving", policy("CANARY", _WAITING, watched, CanarySize=_HALF))
        until(lambda: answered_by(cloud, "serving", 5)["new"] > 0)
        killed(own_state, server)
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        until(lambda: answered_by(cloud, "serving", 20)["new"] > 0)
        assert status(cloud, "serving") == "Updating"
        assert answered_by(cloud, "serving")["old"] > 20
        cloud.cloudwatch.set_alarm_state(AlarmName=watched, StateValue="ALARM", StateReason="a rehearsal")
        cloud.wait_in_service("serving")
        assert described(cloud, "serving")["EndpointConfigName"] == "serving-old"


def test_a_stop_in_the_middle_of_a_shift_leaves_no_process(own_state: StateDirectory) -> None:
    with Cloud(client_environment(ensure_running(own_state))) as cloud:
        begin(cloud, "serving")
        update(cloud, "serving", policy("LINEAR", _WAITING, LinearStepSize=_ONE))
        until(lambda: answered_by(cloud, "serving", 5)["new"] > 0)
        stop(own_state)
        assert not working_below(own_state.work)
