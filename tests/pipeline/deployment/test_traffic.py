"""How traffic shifts: what SageMaker is asked for, and what is refused before it is asked."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from pipeline.deployment.updating import history
from pipeline.deployment.updating.traffic import Shift, Size, Traffic
from pipeline.errors import BadInput

UPDATE = botocore.session.get_session().get_service_model("sagemaker").operation_model("UpdateEndpoint").input_shape


def policy(shift: Shift, instance_count: int, alarms: tuple[str, ...] = ("a",)) -> dict[str, Any]:
    config = dict(shift.deployment_config(instance_count, alarms))
    request = {"EndpointName": "e", "EndpointConfigName": "c", "DeploymentConfig": config}
    assert not ParamValidator().validate(request, UPDATE).has_errors()
    return config


def test_all_at_once_is_watched_for_the_bake_time_and_taken_back_by_alarms() -> None:
    assert policy(Shift(Traffic.ALL_AT_ONCE, 300), 1, ("one", "two")) == {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 300},
            "TerminationWaitInSeconds": 0,
            "MaximumExecutionTimeoutInSeconds": 3900,
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "one"}, {"AlarmName": "two"}]},
    }


def test_without_alarms_nothing_takes_it_back() -> None:
    assert "AutoRollbackConfiguration" not in policy(Shift(Traffic.ALL_AT_ONCE, 0), 1, ())


@pytest.mark.parametrize(
    ("shift", "count", "member", "size", "seconds"),
    [
        (Shift(Traffic.CANARY, 60), 2, "CanarySize", {"Type": "INSTANCE_COUNT", "Value": 1}, 3720),
        (Shift(Traffic.CANARY, 60, Size(5, True)), 2, "CanarySize", {"Type": "CAPACITY_PERCENT", "Value": 5}, 3720),
        (Shift(Traffic.LINEAR, 60), 40, "LinearStepSize", {"Type": "INSTANCE_COUNT", "Value": 4}, 4200),
        (
            Shift(Traffic.LINEAR, 60, Size(50, True)),
            3,
            "LinearStepSize",
            {"Type": "CAPACITY_PERCENT", "Value": 50},
            3720,
        ),
    ],
)
def test_steps_have_a_size_and_the_time_is_enough_for_all(
    shift: Shift, count: int, member: str, size: dict[str, Any], seconds: int
) -> None:
    shift.check(count)
    found = policy(shift, count)["BlueGreenUpdatePolicy"]
    assert found["TrafficRoutingConfiguration"][member] == size
    assert found["MaximumExecutionTimeoutInSeconds"] == seconds


@pytest.mark.parametrize(
    ("shift", "count", "said"),
    [
        (Shift(Traffic.CANARY, 60), 1, "--instance-count 2"),
        (Shift(Traffic.LINEAR, 60), 1, "--instance-count 2"),
        (Shift(Traffic.CANARY, 60, Size(2)), 3, "at most 50% of the 3"),
        (Shift(Traffic.LINEAR, 60, Size(9, True)), 3, "10% to 50%"),
        (Shift(Traffic.ALL_AT_ONCE, 60, Size(1)), 3, "--traffic-size goes with"),
        (Shift(Traffic.ALL_AT_ONCE, 3601), 1, "1 hour at most"),
        (Shift(Traffic.LINEAR, 3600, Size(1)), 10, "8 hours"),
    ],
)
def test_what_sagemaker_does_not_take_is_refused_by_the_option(shift: Shift, count: int, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        shift.check(count)


@pytest.mark.parametrize("text", ["0", "", "-1", "1.5", "%", "x"])
def test_a_size_is_a_number_or_a_share(text: str) -> None:
    assert (Size.parse("2"), Size.parse("25%")) == (Size(2), Size(25, is_percent=True))
    with pytest.raises(BadInput, match="--traffic-size"):
        Size.parse(text)


@pytest.mark.parametrize(
    ("recorded", "current", "before"),
    [
        ([], "a", None),
        (["b", "a"], "b", "a"),
        (["b", "a"], "a", None),
        (["c", "b", "a"], "b", "a"),  # c was taken back, or rolled back
        (["a", "b", "a"], "a", "b"),
        (["b", "a"], "by somebody else", None),
    ],
)
def test_the_configuration_before_is_the_next_older_one(recorded: list[str], current: str, before: str | None) -> None:
    assert history.before(recorded, current) == before


def test_what_was_never_reached_is_forgotten_by_the_next_update() -> None:
    assert history.after_update([], "a", "b") == ["b", "a"]
    assert history.after_update(["b", "a"], "a", "c") == ["c", "a"]
    assert history.after_update(["b", "a"], "b", "c") == ["c", "b", "a"]


def test_four_longest_names_are_as_much_as_a_tag_holds() -> None:
    names = ["x" * 62 + str(number) for number in range(6)]
    recorded: list[str] = []
    for current, new in pairwise(names):
        recorded = history.after_update(recorded, current, new)
    assert recorded == names[:1:-1]
    assert len(" ".join(recorded)) <= 256
