"""How an update shifts traffic to the new model, and what SageMaker takes of it: checked before anything is sent."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pipeline.errors import BadInput

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        BlueGreenUpdatePolicyTypeDef,
        CapacitySizeTypeDef,
        DeploymentConfigUnionTypeDef,
    )

MAX_BAKE_SECONDS = 3600
_MAX_SECONDS = 28_800
"""SageMaker's limit for a whole deployment."""
_STARTING_SECONDS = 3600
"""What the new instances are given to come up, beside the waiting between the steps."""
_SIZE = re.compile(r"([1-9]\d*)(%?)")


class Traffic(StrEnum):
    """How traffic shifts."""

    CANARY = "canary"
    """A small part first, the rest after the wait."""
    LINEAR = "linear"
    """Step by step, with a wait after each."""
    ALL_AT_ONCE = "all-at-once"


@dataclass(frozen=True, slots=True)
class Size:
    """A part of the instances: so many, or so many percent."""

    value: int
    is_percent: bool = False

    @classmethod
    def parse(cls, text: str) -> Size:
        """Read `2` or `25%`.

        Raises
        ------
        BadInput
            If it is neither.
        """
        if (found := _SIZE.fullmatch(text)) is None:
            raise BadInput(f"--traffic-size {text!r}: give a number of instances (2) or a share of them (25%).")
        return cls(int(found[1]), bool(found[2]))

    def __str__(self) -> str:
        return f"{self.value}%" if self.is_percent else f"{self.value} (instances)"

    def share_of(self, instance_count: int) -> float:
        """Return which part of so many instances it is."""
        return self.value / 100 if self.is_percent else self.value / instance_count

    @property
    def request(self) -> CapacitySizeTypeDef:
        """The same as SageMaker takes it."""
        return {"Type": "CAPACITY_PERCENT" if self.is_percent else "INSTANCE_COUNT", "Value": self.value}


@dataclass(frozen=True, slots=True)
class Shift:
    """One way of shifting traffic, with the wait after each step of it."""

    traffic: Traffic
    bake_seconds: int
    size: Size | None = None

    def check(self, instance_count: int) -> None:
        """See that SageMaker would take it, for so many instances.

        Raises
        ------
        BadInput
            If it would not; the message names the option.
        """
        if self.traffic is Traffic.ALL_AT_ONCE:
            if self.size is not None:
                raise BadInput("--traffic-size goes with --traffic canary and --traffic linear.")
        else:
            self._check_size(instance_count)
        if self.bake_seconds > MAX_BAKE_SECONDS:
            raise BadInput(f"--bake: SageMaker waits {MAX_BAKE_SECONDS // 3600} hour at most after a step.")
        if self.seconds(instance_count) > _MAX_SECONDS:
            raise BadInput(
                f"--bake: {self.steps(instance_count)} waits of {self.bake_seconds} s, and the start, are longer than "
                f"the {_MAX_SECONDS // 3600} hours that a deployment may take. Wait for less, or take larger steps."
            )

    def _check_size(self, instance_count: int) -> None:
        if instance_count < 2:
            raise BadInput(
                f"--traffic {self.traffic} takes two instances or more: give --instance-count 2, or --traffic "
                f"{Traffic.ALL_AT_ONCE}."
            )
        least = 0.1 if self.traffic is Traffic.LINEAR else 0.0
        size = self.size_for(instance_count)
        if not least <= size.share_of(instance_count) <= 0.5:
            takes = "10% to 50%" if least else "at most 50%"
            raise BadInput(
                f"--traffic-size {size}: --traffic {self.traffic} takes {takes} of the {instance_count} instances."
            )

    def size_for(self, instance_count: int) -> Size:
        """Return the size that was given, else the smallest that SageMaker takes."""
        if self.size is not None:
            return self.size
        return Size(max(1, math.ceil(instance_count / 10)) if self.traffic is Traffic.LINEAR else 1)

    def steps(self, instance_count: int) -> int:
        """Return after how many steps the wait comes."""
        match self.traffic:
            case Traffic.ALL_AT_ONCE:
                return 1
            case Traffic.CANARY:
                return 2
            case Traffic.LINEAR:
                return math.ceil(1 / self.size_for(instance_count).share_of(instance_count))

    def seconds(self, instance_count: int) -> int:
        """Return how long the whole deployment may take."""
        return _STARTING_SECONDS + self.steps(instance_count) * self.bake_seconds

    def deployment_config(self, instance_count: int, alarms: Sequence[str]) -> DeploymentConfigUnionTypeDef:
        """Return it as UpdateEndpoint takes it; an alarm that goes off meanwhile takes the update back."""
        policy: BlueGreenUpdatePolicyTypeDef = {
            "TrafficRoutingConfiguration": {
                "Type": _TYPES[self.traffic],  # type: ignore[typeddict-item]
                "WaitIntervalInSeconds": self.bake_seconds,
            },
            "TerminationWaitInSeconds": 0,
            "MaximumExecutionTimeoutInSeconds": self.seconds(instance_count),
        }
        routing = policy["TrafficRoutingConfiguration"]
        if self.traffic is Traffic.CANARY:
            routing["CanarySize"] = self.size_for(instance_count).request
        elif self.traffic is Traffic.LINEAR:
            routing["LinearStepSize"] = self.size_for(instance_count).request
        config: DeploymentConfigUnionTypeDef = {"BlueGreenUpdatePolicy": policy}
        if alarms:
            config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in alarms]}
        return config


_TYPES = {Traffic.CANARY: "CANARY", Traffic.LINEAR: "LINEAR", Traffic.ALL_AT_ONCE: "ALL_AT_ONCE"}
