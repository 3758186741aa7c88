"""What stands behind an endpoint: a plan, which is durable, and a running deployment of it."""

from __future__ import annotations

import random
import shutil
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.local.sagemaker.limits import INVOCATION_SECONDS
from pipeline.local.sagemaker.models import ContainerDefinition
from pipeline.local.sagemaker.serving import NotHealthy, RunningPipeline
from pipeline.local.sagemaker.stopping import StopRequest

_DEFAULT_STARTUP_SECONDS = 240.0


@dataclass(frozen=True, slots=True)
class VariantPlan:
    """One production variant, with all that is needed to run it even when its model and configuration are deleted."""

    name: str
    containers: tuple[ContainerDefinition, ...]
    settings: Mapping[str, Any]
    """The variant as the endpoint configuration has it."""

    @property
    def weight(self) -> float:
        """The variant's share of the traffic, relative to the others'."""
        return float(self.settings.get("InitialVariantWeight", 1.0))

    @property
    def instance_count(self) -> int:
        """How many instances it is said to have; one runs."""
        return int(self.settings.get("InitialInstanceCount", 1))

    @property
    def startup_seconds(self) -> float:
        """How long its containers may take until they answer their health check."""
        return float(self.settings.get("ContainerStartupHealthCheckTimeoutInSeconds", _DEFAULT_STARTUP_SECONDS))


@dataclass(frozen=True, slots=True)
class Plan:
    """What an endpoint is to run."""

    config_name: str
    variants: tuple[VariantPlan, ...]
    copies: str = "0"
    """The directory, within the endpoint's, that its artefacts are copied to."""


class VariantFailed(Exception):
    """A variant did not come up; the message is AWS's, with the container's own reason behind it."""


class Deployment:
    """A plan's running pipelines, one for each variant.

    Counts the requests inside, so that it can be emptied before it stops.

    Parameters
    ----------
    plan
        What to run.
    pipelines
        Of each variant, by its name; not started yet.
    directory
        Where the containers may write; removed when the deployment stops.
    """

    def __init__(self, plan: Plan, pipelines: Mapping[str, RunningPipeline], directory: Path) -> None:
        self.plan = plan
        self.pipelines = pipelines
        self._directory = directory
        self.share_out(plan)
        self._inside = 0
        self._closed = False
        self._changed = threading.Condition()

    def start(self, stop: StopRequest) -> None:
        """Start the pipelines; when one fails, all are stopped.

        Raises
        ------
        VariantFailed, ModelDataMissing
            If a variant does not come up.
        Stopped
            If the start is to stop.
        """
        try:
            for variant in self.plan.variants:
                self._start(variant, stop)
        except BaseException:
            self.stop()
            raise

    def _start(self, variant: VariantPlan, stop: StopRequest) -> None:
        try:
            self.pipelines[variant.name].start(variant.startup_seconds, stop)
        except NotHealthy as error:
            noun = f"{error.hostname} container" if len(variant.containers) == 1 else error.hostname
            raise VariantFailed(
                f"The {noun} for production variant {variant.name} did not pass the ping health check. "
                f"Please check CloudWatch logs for this endpoint. ({error.reason})"
            ) from error

    def share_out(self, plan: Plan) -> None:
        """Give the traffic to the variants by the weights of a plan of the same variants."""
        self._shares = {variant.name: variant.weight for variant in plan.variants}

    def choose(self, target_variant: str | None) -> str | None:
        """Choose the variant of a request: the one asked for (None if there is no such), or one by weight."""
        if target_variant is not None:
            return target_variant if target_variant in self.pipelines else None
        shares = self._shares
        if len(shares) == 1 or not any(shares.values()):
            return next(iter(shares))
        return random.choices(tuple(shares), tuple(shares.values()))[0]  # noqa: S311 - traffic, not secrets

    @property
    def longest_request(self) -> float:
        """Seconds that a request may be inside: each container of its pipeline has all the time of an invocation."""
        return INVOCATION_SECONDS * max(len(pipeline.containers) for pipeline in self.pipelines.values())

    def enter(self) -> bool:
        """Let a request in; False if the deployment takes no more, because another has followed it."""
        with self._changed:
            if self._closed:
                return False
            self._inside += 1
            return True

    def leave(self) -> None:
        """Note that a request is done."""
        with self._changed:
            self._inside -= 1
            if self._inside == 0:
                self._changed.notify_all()

    def drain(self, timeout: float) -> None:
        """Let no more requests in, and wait until those inside are done, at most `timeout` seconds."""
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: self._inside == 0, timeout)

    def stop(self) -> None:
        """Stop all containers; requests inside get an error."""
        with self._changed:
            self._closed = True
        try:
            with ExitStack() as stops:  # all of them, whatever becomes of one
                for pipeline in self.pipelines.values():
                    stops.callback(pipeline.stop)
        finally:
            shutil.rmtree(self._directory, ignore_errors=True)
