"""What AWS's documents limit is noticed: the whole life's requests are held to it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.infrastructure.documented_limits import violations

STOP = {"MaxRuntimeInSeconds": 3600}
CHANNEL = {"ChannelName": "train"}
BLUE_GREEN = {"MaximumExecutionTimeoutInSeconds": 3600, "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE"}}


def update(**changes: Any) -> dict[str, Any]:
    return {"DeploymentConfig": {"BlueGreenUpdatePolicy": {**BLUE_GREEN, **changes}}}


def shifted(kind: str, **size: Any) -> dict[str, Any]:
    return update(TrafficRoutingConfiguration={"Type": kind, **size})


KEPT = [
    ("sagemaker.CreateModel", {"Containers": [{}] * 15}),
    ("sagemaker.CreateModel", {"PrimaryContainer": {}}),
    ("sagemaker.CreateTrainingJob", {"StoppingCondition": STOP, "InputDataConfig": [CHANNEL]}),
    ("sagemaker.UpdateEndpoint", update()),
    ("sagemaker.UpdateEndpoint", shifted("CANARY", CanarySize={"Type": "CAPACITY_PERCENT", "Value": 50})),
    ("cloudwatch.PutMetricAlarm", {"Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}),
]
BROKEN = [
    ("sagemaker.CreateModel", {"Containers": [{}]}, "1 containers"),
    ("sagemaker.CreateModel", {"Containers": [{}] * 16}, "16 containers"),
    ("sagemaker.CreateModel", {}, "neither"),
    ("sagemaker.CreateModel", {"Containers": [{"ContainerHostname": "a"}] * 2}, "of one name"),
    ("sagemaker.CreateModel", {"Containers": [{"Environment": {"A": "é" * 513}}, {}]}, "over 1 KB"),
    (
        "sagemaker.CreateModel",
        {"Containers": [{"Environment": {f"A{n}": "a" * 1000 for n in range(17)}}] * 2},
        "over 32 KB",
    ),
    (
        "sagemaker.CreateTrainingJob",
        {
            "StoppingCondition": {**STOP, "MaxWaitTimeInSeconds": 3599},
            "EnableManagedSpotTraining": True,
            "InputDataConfig": [CHANNEL],
        },
        "waits for less",
    ),
    ("sagemaker.CreateTrainingJob", {"StoppingCondition": STOP, "InputDataConfig": [CHANNEL] * 2}, "channels"),
    ("sagemaker.CreateTransformJob", {"MaxPayloadInMB": 6, "MaxConcurrentTransforms": 17}, "over 100 MB"),
    ("sagemaker.UpdateEndpoint", update(MaximumExecutionTimeoutInSeconds=599), "10 minutes"),
    ("sagemaker.UpdateEndpoint", shifted("CANARY"), "other sizes"),
    ("sagemaker.UpdateEndpoint", shifted("CANARY", CanarySize={"Type": "CAPACITY_PERCENT", "Value": 51}), "51%"),
    ("cloudwatch.PutMetricAlarm", {"Statistic": "Sum", "Period": 90, "EvaluationPeriods": 1}, "90 s"),
    ("application-autoscaling.RegisterScalableTarget", {"MinCapacity": 3, "MaxCapacity": 2}, "least"),
    ("cloudformation.CreateChangeSet", {"TemplateBody": "a" * 51_201}, "51,200"),
    ("s3.PutObject", {"Bucket": "bucket", "Key": "é" * 513}, "1,024 bytes"),
    ("sagemaker.CreateEndpoint", {"Tags": [{"Key": "aws:mine", "Value": ""}]}, "AWS's own"),
]


@pytest.mark.parametrize(("name", "request_"), KEPT)
def test_what_keeps_to_them_passes(name: str, request_: dict[str, Any]) -> None:
    assert list(violations(name, request_)) == []


@pytest.mark.parametrize(("name", "request_", "problem"), BROKEN)
def test_what_does_not_is_named(name: str, request_: dict[str, Any], problem: str) -> None:
    (found,) = violations(name, request_)
    assert found.startswith(f"{name}: ")
    assert problem in found
