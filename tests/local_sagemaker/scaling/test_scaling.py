"""Application Auto Scaling through real clients: variants whose instance counts follow their invocations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local_sagemaker.daemon import client_environment, ensure_running, stop
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.sagemaker.cloud import Cloud
from tests.local_sagemaker.sagemaker.conftest import cloud, environment, name, state

__all__ = ["cloud", "environment", "name", "state"]

PREDEFINED = "SageMakerVariantInvocationsPerInstance"
ABOUT = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}


def client_for(variables: dict[str, str]) -> Any:
    session = boto3.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name="us-east-1")
    return session.client("application-autoscaling", endpoint_url=variables["AWS_ENDPOINT_URL"])


@pytest.fixture
def scaling(environment: dict[str, str]) -> Iterator[Any]:
    """A client."""
    with closing(client_for(environment)) as made:
        yield made


@pytest.fixture
def endpoint(cloud: Cloud, name: str) -> Iterator[str]:
    """An endpoint of three instances."""
    cloud.config(name, cloud.model(name, cloud.container()), InitialInstanceCount=3)
    cloud.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    cloud.wait_in_service(name)
    yield name
    cloud.delete_endpoint(name)


def of(endpoint: str) -> dict[str, str]:
    return {**ABOUT, "ResourceId": f"endpoint/{endpoint}/variant/AllTraffic"}


def tracking(target: float, **changed: Any) -> dict[str, Any]:
    metric = {"PredefinedMetricType": PREDEFINED}
    return {"TargetValue": target, "PredefinedMetricSpecification": metric, **changed}


def follow(scaling: Any, endpoint: str, target: float, **changed: Any) -> tuple[str, str]:
    """Put a policy and return the names of its alarms, above and below."""
    answer = scaling.put_scaling_policy(
        PolicyName="follow",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=tracking(target, **changed),
        **of(endpoint),
    )
    high, low = (alarm["AlarmName"] for alarm in answer["Alarms"])
    return high, low


def instances(cloud: Cloud, endpoint: str) -> int:
    (variant,) = cloud.sagemaker.describe_endpoint(EndpointName=endpoint)["ProductionVariants"]
    assert variant["CurrentInstanceCount"] == variant["DesiredInstanceCount"]
    return int(variant["DesiredInstanceCount"])


def trip(cloud: Cloud, alarm: str) -> None:
    for state_ in ("OK", "ALARM"):
        cloud.cloudwatch.set_alarm_state(AlarmName=alarm, StateValue=state_, StateReason="a rehearsal")


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


def test_registering_brings_the_variant_within_the_limits(scaling: Any, cloud: Cloud, endpoint: str) -> None:
    answer = scaling.register_scalable_target(MinCapacity=4, MaxCapacity=6, Tags={"project": "text"}, **of(endpoint))
    assert instances(cloud, endpoint) == 4
    arn = answer["ScalableTargetARN"]
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"project": "text"}
    scaling.register_scalable_target(MaxCapacity=4, **of(endpoint))
    (target,) = scaling.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[of(endpoint)["ResourceId"]]
    )["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"], target["ScalableTargetARN"]) == (4, 4, arn)
    (activity,) = scaling.describe_scaling_activities(**of(endpoint))["ScalingActivities"]
    assert (activity["Cause"], activity["StatusCode"]) == ("minimum capacity was set to 4", "Successful")
    scaling.deregister_scalable_target(**of(endpoint))


def test_more_invocations_than_the_target_bring_more_instances(scaling: Any, cloud: Cloud, endpoint: str) -> None:
    scaling.register_scalable_target(MinCapacity=1, MaxCapacity=5, **of(endpoint))
    high, _ = follow(scaling, endpoint, 0.5)
    (alarm,) = cloud.cloudwatch.describe_alarms(AlarmNames=[high])["MetricAlarms"]
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["Threshold"]) == (60, 3, 0.5)
    for _ in range(2):
        cloud.invoke(endpoint, b"x")
    trip(cloud, high)
    assert instances(cloud, endpoint) == 4, "2 invocations, at half of one an instance"
    (activity,) = scaling.describe_scaling_activities(**of(endpoint))["ScalingActivities"]
    assert activity["Description"] == "Setting desired instance count to 4."
    assert activity["Cause"] == f"monitor alarm {high} in state ALARM triggered policy follow"
    cloud.invoke(endpoint, b"x")
    trip(cloud, high)
    assert instances(cloud, endpoint) == 4, "the cooldown is not over"
    scaling.deregister_scalable_target(**of(endpoint))


def test_a_policy_may_follow_a_metric_of_its_own(scaling: Any, cloud: Cloud, endpoint: str) -> None:
    scaling.register_scalable_target(MinCapacity=0, MaxCapacity=9, **of(endpoint))
    metric = {"Namespace": "Own", "MetricName": "Backlog", "Statistic": "Average"}
    dimensions = [{"Name": "EndpointName", "Value": endpoint}]
    config = {"TargetValue": 5.0, "CustomizedMetricSpecification": {**metric, "Dimensions": dimensions}}
    put = scaling.put_scaling_policy
    kind = {"PolicyName": "own", "PolicyType": "TargetTrackingScaling"}
    answer = put(**kind, TargetTrackingScalingPolicyConfiguration=config, **of(endpoint))
    high, low = (alarm["AlarmName"] for alarm in answer["Alarms"])
    (alarm,) = cloud.cloudwatch.describe_alarms(AlarmNames=[high])["MetricAlarms"]
    assert {key: alarm[key] for key in (*metric, "Dimensions")} == {**metric, "Dimensions": dimensions}
    (policy,) = scaling.describe_scaling_policies(**of(endpoint))["ScalingPolicies"]
    assert policy["TargetTrackingScalingPolicyConfiguration"] == config
    values = {"MetricName": "Backlog", "Dimensions": dimensions, "Values": [5.0, 15.0]}
    cloud.cloudwatch.put_metric_data(Namespace="Own", MetricData=[values])
    trip(cloud, high)
    assert instances(cloud, endpoint) == 6, "an average of twice the target needs twice the instances"
    both = {**config, "PredefinedMetricSpecification": {"PredefinedMetricType": PREDEFINED}}
    for wrong in (both, {"TargetValue": 1.0}, {"TargetValue": 1.0, "CustomizedMetricSpecification": {}}):
        assert "ValidationException" in refusal(
            lambda wrong=wrong: put(**kind, TargetTrackingScalingPolicyConfiguration=wrong, **of(endpoint))
        )
    scaling.deregister_scalable_target(**of(endpoint))
    assert cloud.cloudwatch.describe_alarms(AlarmNames=[low])["MetricAlarms"] == []


def test_no_more_instances_come_than_the_maximum(scaling: Any, cloud: Cloud, endpoint: str) -> None:
    scaling.register_scalable_target(MinCapacity=1, MaxCapacity=5, **of(endpoint))
    high, _ = follow(scaling, endpoint, 0.01)
    cloud.invoke(endpoint, b"x")
    trip(cloud, high)
    assert instances(cloud, endpoint) == 5
    scaling.deregister_scalable_target(**of(endpoint))


def test_fewer_invocations_take_instances_back_unless_that_is_disabled(
    scaling: Any, cloud: Cloud, endpoint: str
) -> None:
    scaling.register_scalable_target(MinCapacity=2, MaxCapacity=5, **of(endpoint))
    _, low = follow(scaling, endpoint, 100, DisableScaleIn=True)
    cloud.invoke(endpoint, b"x")
    trip(cloud, low)
    assert instances(cloud, endpoint) == 3
    assert follow(scaling, endpoint, 100) == follow(scaling, endpoint, 100), "a policy keeps its alarms"
    trip(cloud, low)
    assert instances(cloud, endpoint) == 2
    scaling.deregister_scalable_target(**of(endpoint))


def test_a_policy_goes_with_its_alarms_and_a_target_with_its_policies(
    scaling: Any, cloud: Cloud, endpoint: str
) -> None:
    scaling.register_scalable_target(MinCapacity=1, MaxCapacity=5, **of(endpoint))
    alarms = follow(scaling, endpoint, 10)
    scaling.delete_scaling_policy(PolicyName="follow", **of(endpoint))
    assert cloud.cloudwatch.describe_alarms(AlarmNames=list(alarms))["MetricAlarms"] == []
    alarms = follow(scaling, endpoint, 10)
    (policy,) = scaling.describe_scaling_policies(**of(endpoint))["ScalingPolicies"]
    assert policy["TargetTrackingScalingPolicyConfiguration"] == tracking(10.0)
    scaling.deregister_scalable_target(**of(endpoint))
    assert cloud.cloudwatch.describe_alarms(AlarmNames=list(alarms))["MetricAlarms"] == []
    assert scaling.describe_scaling_policies(**of(endpoint))["ScalingPolicies"] == []


def test_what_is_not_there_or_not_done_is_refused(scaling: Any, endpoint: str) -> None:
    absent = {**of(endpoint), "ResourceId": "endpoint/absent/variant/AllTraffic"}
    register = scaling.register_scalable_target
    assert 'Could not find endpoint "' in refusal(lambda: register(MinCapacity=1, MaxCapacity=2, **absent))
    assert "must be specified" in refusal(lambda: register(MinCapacity=1, **of(endpoint)))
    assert "maximum capacity 1" in refusal(lambda: register(MinCapacity=2, MaxCapacity=1, **of(endpoint)))
    ecs = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount", "ResourceId": "service/a/b"}
    assert "does not support ServiceNamespace=ecs" in refusal(lambda: register(MinCapacity=1, MaxCapacity=2, **ecs))
    unregistered = refusal(lambda: follow(scaling, endpoint, 1))
    assert unregistered.startswith("ObjectNotFoundException: No scalable target registered for service namespace")
    register(MinCapacity=1, MaxCapacity=3, **of(endpoint))
    steps = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": []}
    kept = {"PolicyName": "steps", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": steps}
    assert "does not support PolicyType=StepScaling" in refusal(
        lambda: scaling.put_scaling_policy(**kept, **of(endpoint))
    )
    scheduled = {"ScheduledActionName": "nightly", "Schedule": "rate(1 day)"}
    assert "PutScheduledAction is not part" in refusal(
        lambda: scaling.put_scheduled_action(**scheduled, **of(endpoint))
    )
    scaling.deregister_scalable_target(**of(endpoint))


@pytest.mark.long
def test_targets_and_policies_outlive_the_server(own_state: StateDirectory) -> None:
    variables = client_environment(ensure_running(own_state))
    with Cloud(variables) as cloud, closing(client_for(variables)) as scaling:
        cloud.endpoint("kept", cloud.container())
        scaling.register_scalable_target(MinCapacity=1, MaxCapacity=5, **of("kept"))
        follow(scaling, "kept", 10)
        before = scaling.describe_scaling_policies(**of("kept"))["ScalingPolicies"]
    stop(own_state)
    with closing(client_for(client_environment(ensure_running(own_state)))) as scaling:
        assert scaling.describe_scaling_policies(**of("kept"))["ScalingPolicies"] == before
        assert len(scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]) == 1
