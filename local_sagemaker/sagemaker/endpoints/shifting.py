"""The traffic's way from a deployment to its successor, step by step, watched by alarms; or back again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from local_sagemaker.sagemaker.endpoints.deployment import Deployment
from local_sagemaker.sagemaker.endpoints.guardrails import Rollout
from local_sagemaker.sagemaker.endpoints.records import VariantStatus
from local_sagemaker.sagemaker.running.stopping import StopRequest

_LOOK = 0.1
"""Seconds between two looks at the alarms."""


class AlarmStates(Protocol):
    """What an update asks of CloudWatch's alarms."""

    def missing(self, names: Iterable[str]) -> list[str]:
        """Tell which alarms are not there."""

    def in_alarm(self, names: Iterable[str]) -> list[str]:
        """Tell which alarms are in state ALARM."""


class RolledBack(Exception):
    """The traffic went back to the old fleet; the message says why."""


class Shift:
    """One update's traffic.

    Parameters
    ----------
    successor : Deployment
        The new fleet, which is up.
    rollout : Rollout
        The steps.
    alarms : AlarmStates
        CloudWatch's alarms.
    begun : float
        When the update began, by the monotonic clock.
    """

    def __init__(self, successor: Deployment, rollout: Rollout, alarms: AlarmStates, begun: float) -> None:
        self.successor = successor
        self._rollout = rollout
        self._alarms = alarms
        self._deadline = None if rollout.timeout is None else begun + rollout.timeout
        self._share = 0.0
        self._failed: str | None = None

    def takes(self) -> bool:
        """Decide whether a request is one of the new fleet's share."""
        return random.random() < self._share  # noqa: S311 - traffic, not secrets

    def fail(self, reason: str) -> None:
        """Note that the new fleet cannot serve any more."""
        self._failed = reason

    def run(self, stop: StopRequest, enter: Callable[[VariantStatus], None]) -> None:
        """Lead the traffic over.

        Parameters
        ----------
        stop : StopRequest
            Of the endpoint.
        enter : callable
            Told of each stage of the update.

        Raises
        ------
        RolledBack
            If an alarm is in state ALARM, the new fleet fails, or the time is over.
        Stopped
            If the endpoint is to stop.
        """
        for share in self._rollout.shares:
            enter(VariantStatus.ACTIVATING_TRAFFIC)
            self._share = share
            enter(VariantStatus.BAKING)
            self._bake(self._rollout.bake, stop)
        self._bake(self._rollout.termination_wait, stop)

    def _bake(self, seconds: float, stop: StopRequest) -> None:
        end = time.monotonic() + seconds
        while True:
            stop.check()
            self._check()
            left = end - time.monotonic()
            if left <= 0:
                return
            stop.event.wait(min(_LOOK, left))

    def _check(self) -> None:
        if self._failed is not None:
            raise RolledBack(self._failed)
        if tripped := self._alarms.in_alarm(self._rollout.alarms):
            names = ", ".join(tripped)
            raise RolledBack(f"The deployment was rolled back because alarms are in state ALARM: {names}.")
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise RolledBack(
                f"The deployment was rolled back because it took more than {self._rollout.timeout:g} seconds "
                "(MaximumExecutionTimeoutInSeconds)."
            )
