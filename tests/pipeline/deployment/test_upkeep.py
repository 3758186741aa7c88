"""Scaling, the end of an endpoint, what costs money and what teardown takes: with moto in AWS's place."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto.moto_api._internal import moto_api_backend

from pipeline.aws.session import OWNER_TAG
from pipeline.deployment import costs, expiry, scaling
from pipeline.deployment.scaling import Scaling
from pipeline.deployment.teardown import teardown
from pipeline.deployment.updating import alarms
from pipeline.deployment.updating.alarms import Thresholds
from pipeline.errors import BadInput, NotReady
from tests.pipeline.account import Account
from tests.pipeline.deployment.test_release import released
from tests.pipeline.kills import Case, Kills, Moment

VARIANT = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/text-pipeline/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
WANTED = Scaling(1, 4, 600, scale_in_seconds=300, scale_out_seconds=60)
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def test_scaling_registers_the_variant_and_tracks_its_invocations(account: Account) -> None:
    released(account, "1")
    scaling.scale(account.session(), WANTED)
    assert account.operations == ["RegisterScalableTarget", "PutScalingPolicy"]
    assert account.sent("RegisterScalableTarget") == {
        **VARIANT,
        "MinCapacity": 1,
        "MaxCapacity": 4,
        "Tags": {OWNER_TAG: "text-pipeline"},
    }
    assert account.sent("PutScalingPolicy") == {
        **VARIANT,
        "PolicyName": "text-pipeline-invocations",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 600.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
            "ScaleInCooldown": 300,
            "ScaleOutCooldown": 60,
        },
    }
    scaling.scale(account.session(), WANTED)
    assert account.requests == []


def test_an_update_keeps_the_instances_that_an_endpoint_has_scaled_to(account: Account) -> None:
    released(account, "1")
    scaling.scale(account.session(), WANTED)
    released(account, "2")
    update = account.sent("UpdateEndpoint")
    assert update["RetainAllVariantProperties"] is True
    assert update["ExcludeRetainedVariantProperties"] == [{"VariantPropertyType": "DataCaptureConfig"}]


def test_scaling_needs_an_endpoint_and_bounds_in_order(account: Account) -> None:
    with pytest.raises(NotReady, match="make deploy-pipeline"):
        scaling.scale(account.session(), WANTED)
    with pytest.raises(BadInput, match="--min 3 is more than --max 2"):
        scaling.scale(account.session(), Scaling(3, 2, 600))
    assert account.requests == []


def with_scheduler_role(account: Account, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(expiry, "_role", lambda _: "arn:aws:iam::123456789012:role/scheduler")
    return account.session()


def test_an_endpoint_that_expires_has_a_schedule_which_deletes_it(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    expiry.expire(with_scheduler_role(account, monkeypatch), 7200, NOW)
    request = account.sent("CreateSchedule")
    assert json.loads(request["Target"].pop("Input")) == {"EndpointName": "text-pipeline"}
    assert request["Target"] == {
        "Arn": "arn:aws:scheduler:::aws-sdk:sagemaker:deleteEndpoint",
        "RoleArn": "arn:aws:iam::123456789012:role/scheduler",
        "RetryPolicy": {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185},
    }
    assert (request["Name"], request["GroupName"]) == ("text-pipeline", "default")
    assert request["ScheduleExpression"] == "at(2026-03-01T14:00:00)"
    assert request["ActionAfterCompletion"] == "DELETE"
    session = account.session()
    expiry.expire(session, 60, NOW)
    assert account.operations == ["UpdateSchedule"]
    assert expiry.expires(session) == "2026-03-01T12:01:00"


def test_a_schedule_needs_a_role(account: Account) -> None:
    with pytest.raises(BadInput, match="make bootstrap"):
        expiry.expire(account.session(), 60, NOW)
    assert account.requests == []


def strangers() -> dict[str, Any]:
    """Make what has the names that we would choose and is not ours; returns what is there."""
    boto3.client("cloudwatch").put_metric_alarm(
        **alarms.requests("text-pipeline", Thresholds())[0],
        Tags=[{"Key": OWNER_TAG, "Value": "another"}],
    )
    boto3.client("scheduler").create_schedule(
        Name="text-pipeline",
        ScheduleExpression="at(2030-01-01T00:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:sqs:eu-west-1:123456789012:q", "RoleArn": "arn:aws:iam::123456789012:role/other"},
    )
    container = {"Image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/x:1"}
    boto3.client("sagemaker").create_model(
        ModelName="text-pipeline-1-of-a-colleague",
        ExecutionRoleArn="arn:aws:iam::123456789012:role/mine",
        PrimaryContainer=container,
    )
    return listing()


def listing() -> dict[str, Any]:
    """List what is there, of each service that the commands touch."""
    sagemaker = boto3.client("sagemaker")
    return {
        "alarms": [item["AlarmName"] for item in boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]],
        "schedules": [item["Name"] for item in boto3.client("scheduler").list_schedules()["Schedules"]],
        "targets": boto3.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")[
            "ScalableTargets"
        ],
        "endpoints": sagemaker.list_endpoints()["Endpoints"],
        "configurations": sagemaker.list_endpoint_configs()["EndpointConfigs"],
        "models": [item["ModelName"] for item in sagemaker.list_models()["Models"]],
    }


def test_teardown_leaves_nothing_of_ours(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = listing()
    released(account, "1")
    released(account, "2")
    scaling.scale(account.session(), WANTED)
    expiry.expire(with_scheduler_role(account, monkeypatch), 7200)
    session = account.session()
    assert teardown(session, and_data=False) == 2 + 1 + 3 + 1 + 2 + 2
    assert account.operations == [
        "DeleteScalingPolicy",
        "DeregisterScalableTarget",
        "DeleteEndpoint",
        "DeleteAlarms",
        "DeleteSchedule",
        *["DeleteEndpointConfig"] * 2,
        *["DeleteModel"] * 2,
    ]
    assert listing() == empty
    assert teardown(account.session(), and_data=False) == 0


def test_teardown_leaves_what_is_a_strangers(account: Account) -> None:
    before = strangers()
    assert teardown(account.session(), and_data=False) == 0
    assert listing() == before
    with pytest.raises(BadInput, match=r"alarm 'text-pipeline-5xx-errors'.*is not this pipeline's"):
        alarms.ensure(account.session(), Thresholds())
    session = account.session()
    session.target = replace(session.target, role_arn="arn:aws:iam::123456789012:role/r")
    with pytest.raises(BadInput, match="schedule 'text-pipeline'"):
        expiry.expire(session, 60)
    assert listing() == before


def price_list(*prices: str) -> dict[str, Any]:
    return {
        "PriceList": [
            json.dumps(
                {
                    "terms": {
                        "OnDemand": {"t": {"priceDimensions": {"d": {"unit": "Hrs", "pricePerUnit": {"USD": price}}}}}
                    }
                }
            )
            for price in prices
        ]
    }


@pytest.mark.parametrize(
    ("prices", "hourly"), [(("0.115",), 0.23), ((), None), (("0.115", "0.2"), None)], ids=["one", "none", "two"]
)
def test_costs_are_of_all_instances_where_the_price_list_has_one_price(
    account: Account, monkeypatch: pytest.MonkeyPatch, prices: tuple[str, ...], hourly: float | None
) -> None:
    session = released(account, "1")
    asked: dict[str, Any] = {}
    monkeypatch.setattr(session.pricing, "get_products", lambda **members: asked.update(members) or price_list(*prices))
    monkeypatch.setattr(
        session.sagemaker,
        "describe_endpoint",
        lambda **_: {
            "EndpointArn": "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/text-pipeline",
            "EndpointStatus": "InService",
            "EndpointConfigName": account.sent("CreateEndpoint")["EndpointConfigName"],
            "CreationTime": NOW,
            "ProductionVariants": [{"VariantName": "AllTraffic", "CurrentInstanceCount": 2}],
        },
    )
    found, *of_alarms = costs.costs(session)
    assert (found.kind, found.what, found.since) == ("endpoint", "2 x ml.m5.large", "2026-03-01 12:00")
    assert found.hourly == hourly
    assert ("price unknown" in found.line) is (hourly is None)
    assert {item["Field"]: item["Value"] for item in asked["Filters"]} == {
        "regionCode": "eu-west-1",
        "instanceName": "ml.m5.large",
        "component": "Hosting",
    }
    assert [item.kind for item in of_alarms] == ["alarm"] * 3


def scaled(account: Account) -> None:
    scaling.scale(account.session(), WANTED)


def torn_down(account: Account) -> None:
    teardown(account.session(), and_data=False)


def expiring(account: Account) -> None:
    session = account.session()
    session.target = replace(session.target, role_arn="arn:aws:iam::123456789012:role/r")
    expiry.expire(session, 60, NOW)


@pytest.mark.long
@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize(
    ("earlier", "command", "n_requests"),
    [([], scaled, 2), ([], expiring, 1), ([scaled, expiring], torn_down, 7)],
    ids=["scale", "expire", "teardown"],
)
def test_upkeep_killed_at_any_request_and_run_again_ends_in_the_same_state(
    account: Account,
    kills: Kills,
    moment: Moment,
    earlier: list[Callable[[Account], None]],
    command: Callable[[Account], None],
    n_requests: int,
) -> None:
    def begin() -> None:
        moto_api_backend.reset()
        released(account, "1")
        for step in earlier:
            step(account)

    def state() -> object:
        return {kind: [_name(item) for item in items] for kind, items in listing().items()}

    assert len(kills.check(Case(begin, lambda: command(account), state), moment)) == n_requests


def _name(item: Any) -> object:
    """Return what identifies a thing, without times and numbers."""
    if not isinstance(item, dict):
        return item
    return next((item[key] for key in ("ResourceId", "EndpointName", "EndpointConfigName") if key in item), item)
