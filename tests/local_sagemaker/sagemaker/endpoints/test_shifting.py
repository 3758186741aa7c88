"""One update's traffic by itself, without containers: shares, and the reasons to go back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import pytest

from local_sagemaker.sagemaker.endpoints.deployment import Deployment
from local_sagemaker.sagemaker.endpoints.guardrails import Rollout, rollout
from local_sagemaker.sagemaker.endpoints.records import Plan, VariantPlan, VariantStatus
from local_sagemaker.sagemaker.endpoints.shifting import RolledBack, Shift
from local_sagemaker.sagemaker.running.stopping import Stopped, StopReason, StopRequest

_NEVER = 3_600.0


class Alarms:
    """Alarms of which some are in state ALARM."""

    def __init__(self, *tripped: str) -> None:
        self.tripped = tripped

    def missing(self, names: Iterable[str]) -> list[str]:
        return []

    def in_alarm(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if name in self.tripped]


def shift(how: Rollout, alarms: Alarms | None = None, begun: float = 0.0) -> Shift:
    return Shift(cast(Deployment, None), how, alarms or Alarms(), begun)


def plan(*variants: tuple[int, float]) -> Plan:
    settings = [{"InitialInstanceCount": count, "InitialVariantWeight": weight} for count, weight in variants]
    return Plan("config", tuple(VariantPlan(str(number), (), each) for number, each in enumerate(settings)))


def routing(kind: str, **sizes: Any) -> dict[str, Any]:
    policy = {"TrafficRoutingConfiguration": {"Type": kind, "WaitIntervalInSeconds": 7, **sizes}}
    return {"BlueGreenUpdatePolicy": {**policy, "TerminationWaitInSeconds": 9, "MaximumExecutionTimeoutInSeconds": 600}}


def test_every_step_is_activated_and_baked() -> None:
    entered: list[VariantStatus] = []
    shift(Rollout((0.25, 0.5, 1.0))).run(StopRequest(), entered.append)
    assert entered == [VariantStatus.ACTIVATING_TRAFFIC, VariantStatus.BAKING] * 3


def test_the_new_fleet_takes_its_share() -> None:
    one = shift(Rollout((0.25, 1.0), bake=_NEVER), Alarms("a"))
    taken = []

    def look(status: VariantStatus) -> None:
        if status is VariantStatus.BAKING:
            taken.append(sum(one.takes() for _ in range(4_000)) / 4_000)
            raise Stopped

    with pytest.raises(Stopped):
        one.run(StopRequest(), look)
    assert 0.2 < taken[0] < 0.3


def test_an_alarm_that_is_tripped_already_stops_an_update_at_once() -> None:
    with pytest.raises(RolledBack, match="in state ALARM: b"):
        shift(Rollout(bake=_NEVER, alarms=("a", "b")), Alarms("b", "c")).run(StopRequest(), lambda _: None)


def test_an_update_that_takes_too_long_is_rolled_back() -> None:
    with pytest.raises(RolledBack, match="MaximumExecutionTimeoutInSeconds"):
        shift(Rollout(bake=_NEVER, timeout=600), begun=-1e9).run(StopRequest(), lambda _: None)


def test_a_fleet_that_fails_is_rolled_back() -> None:
    one = shift(Rollout(termination_wait=_NEVER))
    with pytest.raises(RolledBack, match="it died"):
        one.run(StopRequest(), lambda _: one.fail("it died"))


def test_a_stop_ends_the_bake() -> None:
    stop = StopRequest()
    with pytest.raises(Stopped):
        shift(Rollout(bake=_NEVER)).run(stop, lambda _: stop.give(StopReason.BY_USER))


@pytest.mark.parametrize(
    ("size", "share"),
    [
        ({"Type": "INSTANCE_COUNT", "Value": 1}, 0.25),
        ({"Type": "CAPACITY_PERCENT", "Value": 30}, 0.3),
    ],
)
def test_a_canary_is_read(size: dict[str, Any], share: float) -> None:
    found = rollout(routing("CANARY", CanarySize=size), plan((4, 1.0)))
    assert found == Rollout((share, 1.0), bake=7, termination_wait=9, timeout=600)


def test_variants_of_several_sizes_count_by_their_weight() -> None:
    found = rollout(routing("LINEAR", LinearStepSize={"Type": "INSTANCE_COUNT", "Value": 1}), plan((2, 1.0), (4, 3.0)))
    assert found.shares[0] == (0.5 * 1 + 0.25 * 3) / 4


def test_without_a_deployment_configuration_nothing_is_waited_for() -> None:
    assert rollout(None, plan((1, 1.0))).at_once
    assert not rollout({"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}]}}, plan((1, 1.0))).at_once
