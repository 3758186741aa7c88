"""Carries target tracking out: how many instances a variant needs, and setting that within its limits and cooldowns."""

from __future__ import annotations

import logging
import math
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from local_sagemaker.cloudwatch.metrics import Metrics, key_of
from local_sagemaker.errors import AwsError
from local_sagemaker.scaling.followed import followed, parts
from local_sagemaker.scaling.store import Activity, Policy, Store, Target

PERIOD = 60
_COOLDOWN = 300
_LOW = 0.9
"""The part of the target below which the capacity is taken back."""

Ask = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""Calls an operation of SageMaker."""

_log = logging.getLogger(__name__)


class Cause(Protocol):
    """The alarm that sets a policy off."""

    @property
    def name(self) -> str:
        """The alarm's name."""


class Tracking:
    """Sets instance counts.

    Parameters
    ----------
    store : Store
        The targets and policies.
    metrics : Metrics
        What the policies follow.
    sagemaker : Ask
        Calls SageMaker.
    """

    def __init__(self, store: Store, metrics: Metrics, sagemaker: Ask) -> None:
        self._store = store
        self._metrics = metrics
        self._sagemaker = sagemaker
        self._turn = threading.Lock()

    def scale(self, policy_arn: str, alarm: Cause) -> None:
        """Carry out a policy that an alarm sets off."""
        policy = next((one for one in self._store.policies.all() if f":scalingPolicy:{one.id}:" in policy_arn), None)
        target = None if policy is None else self._store.targets.get(policy.resource)
        if policy is None or target is None:
            return
        out = alarm.name == policy.alarms[0]
        with self._turn:
            if self._may(policy, target, out):
                cause = f"monitor alarm {alarm.name} in state ALARM triggered policy {policy.policy}"
                self._follow(policy, target, out, cause)

    def confine(self, target: Target) -> None:
        """Bring a variant within the limits of its target."""
        with self._turn:
            current = self.instances(target.resource)
            if current < target.least:
                self._set(target, target.least, f"minimum capacity was set to {target.least}")
            elif current > target.most:
                self._set(target, target.most, f"maximum capacity was set to {target.most}")

    def instances(self, resource: str) -> int:
        """Tell how many instances a variant is to have.

        Raises
        ------
        AwsError
            `ValidationException` if the endpoint or the variant is not there.
        """
        endpoint, variant = parts(resource)
        for found in self._sagemaker("DescribeEndpoint", {"EndpointName": endpoint}).get("ProductionVariants", ()):
            if found["VariantName"] == variant and "DesiredInstanceCount" in found:
                return int(found["DesiredInstanceCount"])
        raise AwsError(
            "ValidationException", f"There is no variant {variant} with instances in the endpoint {endpoint}."
        )

    def _may(self, policy: Policy, target: Target, out: bool) -> bool:
        config, now = policy.config, datetime.now(UTC)
        direction = "Out" if out else "In"
        if target.suspended.get(f"DynamicScaling{direction}Suspended"):
            return False
        if not out and config.get("DisableScaleIn"):
            return False
        last = policy.scaled_out if out else policy.scaled_in
        cooldown = timedelta(seconds=config.get(f"Scale{direction}Cooldown", _COOLDOWN))
        return last is None or now >= last + cooldown

    def _follow(self, policy: Policy, target: Target, out: bool, cause: str) -> None:
        try:
            current = self.instances(target.resource)
        except AwsError as error:
            self._note(target, 0, cause, error.message)
            return
        wanted = self._wanted(policy, target, current)
        if wanted is None or (wanted <= current if out else wanted >= current):
            return
        if self._set(target, wanted, cause):
            now = datetime.now(UTC)
            stamp = {"scaled_out": now, "scaled_in": None} if out else {"scaled_in": now}
            self._store.policies.change(policy.name, lambda found: replace(found, **stamp))

    def _wanted(self, policy: Policy, target: Target, current: int) -> int | None:
        metric = followed(target.resource, policy.config)
        self._metrics.collect()
        end = int(time.time()) + 1
        key = key_of(metric.namespace, metric.name, metric.dimensions)
        values = self._metrics.window(key, end - PERIOD, end, None)
        value = None if values is None else values.statistic(metric.statistic)
        if value is None:
            return None
        needed: float = min(max(current, 1) * value / policy.config["TargetValue"], target.most)
        return max(math.ceil(round(needed, 9)), target.least)

    def _set(self, target: Target, count: int, cause: str) -> bool:
        endpoint, variant = parts(target.resource)
        desired = [{"VariantName": variant, "DesiredInstanceCount": count}]
        try:
            self._sagemaker(
                "UpdateEndpointWeightsAndCapacities",
                {"EndpointName": endpoint, "DesiredWeightsAndCapacities": desired},
            )
        except AwsError as error:
            _log.info("the instances of %s could not be set: %s", target.resource, error)
            self._note(target, count, cause, error.message)
            return False
        self._note(target, count, cause, None)
        return True

    def _note(self, target: Target, count: int, cause: str, failure: str | None) -> None:
        done = f"Successfully set desired instance count to {count}. Change successfully fulfilled by sagemaker."
        description = f"Setting desired instance count to {count}."
        status, message = ("Successful", done) if failure is None else ("Failed", failure)
        self._store.activities.put(
            Activity(str(uuid.uuid4()), target.resource, description, cause, datetime.now(UTC), status, message)
        )


def alarm_settings(policy: Policy) -> list[dict[str, Any]]:
    """Write the two alarms of a policy as Application Auto Scaling puts them: three minutes above, fifteen below."""
    metric = followed(policy.resource, policy.config)
    target = float(policy.config["TargetValue"])
    common = {
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions.items()],
        "Statistic": metric.statistic,
        "Period": PERIOD,
    }
    high, low = policy.alarms
    above = {"EvaluationPeriods": 3, "Threshold": target, "ComparisonOperator": "GreaterThanThreshold"}
    below = {"EvaluationPeriods": 15, "Threshold": target * _LOW, "ComparisonOperator": "LessThanThreshold"}
    return [{"AlarmName": high, **common, **above}, {"AlarmName": low, **common, **below}]
