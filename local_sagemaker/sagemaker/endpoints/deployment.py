"""A running deployment of what an endpoint is to run: its variants' pipelines and the requests inside them."""

from __future__ import annotations

import random
import shutil
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from local_sagemaker.sagemaker.endpoints.on_demand.multi_model import MultiModelPipeline
from local_sagemaker.sagemaker.endpoints.on_demand.serverless import ServerlessPipeline
from local_sagemaker.sagemaker.endpoints.records import Plan, VariantPlan
from local_sagemaker.sagemaker.resources.limits import ASYNC_MOST_SECONDS, INVOCATION_SECONDS
from local_sagemaker.sagemaker.running.inference_pipeline import InferencePipeline, NotHealthy
from local_sagemaker.sagemaker.running.stopping import StopRequest

VariantPipeline = InferencePipeline | ServerlessPipeline | MultiModelPipeline


class VariantFailed(Exception):
    """A variant did not come up; the message is AWS's, with the container's own reason behind it."""


class Deployment:
    """A plan's running pipelines, one for each variant.

    Counts the requests inside, so that it can be emptied before it stops.

    Parameters
    ----------
    plan : Plan
        What to run.
    pipelines : mapping of str to VariantPipeline
        Of each variant, by its name; not started yet.
    directory : Path
        Where the containers may write; removed when the deployment stops.
    """

    def __init__(self, plan: Plan, pipelines: Mapping[str, VariantPipeline], directory: Path) -> None:
        self.plan = plan
        self.pipelines = pipelines
        self._directory = directory
        self.share_out(plan)
        self._inside = 0
        self._closed = False
        self._lock = threading.Lock()
        self._emptied = threading.Condition(self._lock)

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
        """Give the traffic to the variants by the weights of a plan of the same variants; note its instance counts."""
        self.instance_counts = {variant.name: variant.instance_count for variant in plan.variants}
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
        seconds = INVOCATION_SECONDS if self.plan.asynchronous is None else ASYNC_MOST_SECONDS
        return seconds * max(1, *(len(pipeline.containers) for pipeline in self.pipelines.values()))

    def enter(self) -> bool:
        """Let a request in; False if the deployment takes no more, because another has followed it."""
        with self._lock:
            if self._closed:
                return False
            self._inside += 1
            return True

    def leave(self) -> None:
        """Note that a request is done."""
        with self._lock:
            self._inside -= 1
            if self._closed and self._inside == 0:
                self._emptied.notify_all()

    def drain(self, timeout: float) -> None:
        """Let no more requests in, and wait until those inside are done, at most `timeout` seconds."""
        with self._lock:
            self._closed = True
            self._emptied.wait_for(lambda: self._inside == 0, timeout)

    def stop(self) -> None:
        """Stop all containers; requests inside get an error."""
        with self._lock:
            self._closed = True
        try:
            with ExitStack() as stops:  # all of them, whatever becomes of one
                for pipeline in self.pipelines.values():
                    stops.callback(pipeline.stop)
        finally:
            shutil.rmtree(self._directory, ignore_errors=True)
