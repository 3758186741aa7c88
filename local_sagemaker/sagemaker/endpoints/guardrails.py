"""What a DeploymentConfig asks of an endpoint's update: the shares in which the traffic goes over, what is waited for,
and which alarms bring it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local_sagemaker.sagemaker.endpoints.records import Plan, VariantPlan
from local_sagemaker.sagemaker.resources import refusals

_CANARY, _LINEAR, _ROLLING = (0.0, 0.5), (0.1, 0.5), (0.05, 0.5)
"""The least and the greatest part of a variant's instances that a step may be."""

_SIZES = {"CANARY": ("CanarySize", _CANARY), "LINEAR": ("LinearStepSize", _LINEAR)}


@dataclass(frozen=True, slots=True)
class Rollout:
    """How an endpoint goes over from one fleet to the next."""

    shares: tuple[float, ...] = (1.0,)
    """The new fleet's share of the traffic, step after step."""
    bake: float = 0.0
    """Seconds that each step is watched."""
    termination_wait: float = 0.0
    """Seconds that the old fleet is kept after the last."""
    timeout: float | None = None
    """Seconds that all of it may take."""
    alarms: tuple[str, ...] = ()

    @property
    def at_once(self) -> bool:
        """Whether there is nothing to wait for and to watch."""
        return self == Rollout(timeout=self.timeout)


def rollout(config: Mapping[str, Any] | None, plan: Plan) -> Rollout:
    """Read a DeploymentConfig, which may be none, for an update to a plan."""
    if config is None:
        return Rollout()
    alarms = tuple(alarms_of(config))
    if rolling := config.get("RollingUpdatePolicy"):
        step = _share(rolling["MaximumBatchSize"], plan)
        timeout = rolling.get("MaximumExecutionTimeoutInSeconds")
        return Rollout(_steps(step), rolling["WaitIntervalInSeconds"], 0.0, timeout, alarms)
    policy = config.get("BlueGreenUpdatePolicy")
    if policy is None:
        return Rollout(alarms=alarms)
    routing = policy["TrafficRoutingConfiguration"]
    return Rollout(
        _shares(routing, plan),
        routing["WaitIntervalInSeconds"],
        policy.get("TerminationWaitInSeconds", 0),
        policy.get("MaximumExecutionTimeoutInSeconds"),
        alarms,
    )


def alarms_of(config: Mapping[str, Any]) -> list[str]:
    """Name the alarms of a DeploymentConfig."""
    listed = config.get("AutoRollbackConfiguration", {}).get("Alarms", ())
    return [alarm["AlarmName"] for alarm in listed if "AlarmName" in alarm]


def check(config: Mapping[str, Any] | None, plan: Plan, deployed: Plan | None) -> None:
    """Check a DeploymentConfig, which may be none, for an update from what is deployed to a plan.

    Raises
    ------
    AwsError
        `ValidationException` for what AWS excludes: steps of no whole instance or beyond their limits, other names of
        variants, two policies, traffic shifting of serverless variants, rolling updates of several variants.
    """
    for problem in () if config is None else _problems(config, plan, deployed):
        raise refusals.invalid(problem)


def _problems(config: Mapping[str, Any], plan: Plan, deployed: Plan | None) -> Iterator[str]:
    blue_green, rolling = config.get("BlueGreenUpdatePolicy"), config.get("RollingUpdatePolicy")
    if blue_green and rolling:
        yield "Only one update policy can be used in a DeploymentConfig: BlueGreenUpdatePolicy or RollingUpdatePolicy."
    names = {variant.name for variant in plan.variants}
    if deployed is not None and {variant.name for variant in deployed.variants} != names:
        yield (
            f"The endpoint configuration {plan.config_name} must have the same variant names as the endpoint's present "
            f"one, {deployed.config_name}, for an update with a DeploymentConfig."
        )
    if any(variant.serverless for variant in plan.variants):
        yield "A DeploymentConfig applies to real-time and asynchronous inference only, not to serverless variants."
    if rolling and len(plan.variants) > 1:
        yield "A rolling deployment is not possible for an endpoint of several production variants."
    if rolling:
        yield from _of_size("MaximumBatchSize", rolling["MaximumBatchSize"], _ROLLING, plan)
    if blue_green:
        yield from _of_routing(blue_green["TrafficRoutingConfiguration"], plan)


def _of_routing(routing: Mapping[str, Any], plan: Plan) -> Iterator[str]:
    kind = routing["Type"]
    for needing, (name, limits) in _SIZES.items():
        if (needing == kind) != (name in routing):
            yield f"{name} must be specified for traffic routing of type {needing}, and for no other."
        elif needing == kind:
            yield from _of_size(name, routing[name], limits, plan)


def _of_size(name: str, size: Mapping[str, Any], limits: tuple[float, float], plan: Plan) -> Iterator[str]:
    least, most = limits
    between = f"{least:.0%} to {most:.0%}" if least else f"at most {most:.0%}"
    for variant in plan.variants:
        if variant.instance_count < 2 or not least <= _part(size, variant) <= most:
            yield (
                f"{name} of {size['Value']} ({size['Type']}) is not possible for the variant {variant.name}, whose "
                f"total instance count is {variant.instance_count}: it must be {between} of that, and there must be "
                "2 instances."
            )


def _part(size: Mapping[str, Any], variant: VariantPlan) -> float:
    whole = 100 if size["Type"] == "CAPACITY_PERCENT" else variant.instance_count
    return float(size["Value"]) / whole


def _share(size: Mapping[str, Any], plan: Plan) -> float:
    """Tell which part of all traffic a step is; of several variants, each counts by its weight."""
    weights = [variant.weight for variant in plan.variants]
    if not any(weights):
        weights = [1.0] * len(weights)
    parts = (_part(size, variant) * weight for variant, weight in zip(plan.variants, weights, strict=True))
    return sum(parts) / sum(weights)


def _shares(routing: Mapping[str, Any], plan: Plan) -> tuple[float, ...]:
    match routing["Type"]:
        case "CANARY":
            return _share(routing["CanarySize"], plan), 1.0
        case "LINEAR":
            return _steps(_share(routing["LinearStepSize"], plan))
        case _:
            return (1.0,)


def _steps(step: float) -> tuple[float, ...]:
    """Take so much more at each step, and the rest at the last.

    Examples
    --------
    >>> _steps(0.4)
    (0.4, 0.8, 1.0)
    """
    number = 1
    shares = []
    while round(step * number, 9) < 1.0:
        shares.append(step * number)
        number += 1
    return (*shares, 1.0)
