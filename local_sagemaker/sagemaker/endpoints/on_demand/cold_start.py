"""A pipeline that the first request starts, and the next one after it has ended starts anew."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from local_sagemaker.sagemaker.running.inference_pipeline import (
    InferencePipeline,
    InvocationFailed,
    NotHealthy,
    PipelineResponse,
)
from local_sagemaker.sagemaker.running.stopping import Stopped, StopReason, StopRequest

Request = tuple[bytes, str | None, str | None, float, str | None]
"""Body, Content-Type, Accept, seconds and custom attributes: the arguments of `InferencePipeline.invoke`."""


class ColdStart:
    """Stands where an inference pipeline stands, and starts one when it is needed.

    Parameters
    ----------
    make : callable
        Makes the pipeline, not started yet, for one cold start.
    startup_seconds : float
        How long its containers may take until they answer their health check.
    """

    def __init__(self, make: Callable[[], InferencePipeline], startup_seconds: float) -> None:
        self._make = make
        self._startup_seconds = startup_seconds
        self._pipeline: InferencePipeline | None = None
        self._inside: Counter[InferencePipeline] = Counter()
        self._starting = threading.Lock()
        self._stop = StopRequest()

    def fetch(self) -> InferencePipeline:
        """Copy what the containers need, and return a pipeline that has not been started.

        Raises
        ------
        ModelDataMissing
            If an object that a container needs is not in S3.
        """
        pipeline = self._make()
        for container in pipeline.containers:
            container.fetch()
        return pipeline

    def take(self, pipeline: InferencePipeline) -> None:
        """Use a pipeline that was started elsewhere."""
        self._pipeline = pipeline

    def invoke(self, request: Request) -> PipelineResponse:
        """Send a request to the pipeline, which is started first if it does not run.

        Raises
        ------
        InvocationFailed
            If a container does not come up, dies or does not answer in time.
        ModelDataMissing
            If an object that a container needs is not in S3.
        """
        pipeline = self._warm()
        try:
            answer = pipeline.invoke(*request)
        except InvocationFailed:
            self._leave(pipeline, fit=False)
            raise
        self._leave(pipeline, fit=True)
        return answer

    def stop(self) -> None:
        """End the containers, and every start under way."""
        self._stop.give(StopReason.BY_USER)
        with self._starting:
            pipelines, self._pipeline = {*self._inside, *self._running()}, None
        for pipeline in pipelines:
            pipeline.stop()

    def _warm(self) -> InferencePipeline:
        """Enter the pipeline that runs, after a cold start if none does."""
        with self._starting:
            if self._pipeline is None or not all(container.alive for container in self._pipeline.containers):
                for ended in self._running():
                    ended.stop()
                self._pipeline = self._started()
            self._inside[self._pipeline] += 1
            return self._pipeline

    def _leave(self, pipeline: InferencePipeline, fit: bool) -> None:
        """Let go of a pipeline. One that is dead or hung is given no more requests, and ended after its last."""
        with self._starting:
            if not fit and self._pipeline is pipeline:
                self._pipeline = None
            self._inside[pipeline] -= 1
            if self._inside[pipeline]:
                return
            del self._inside[pipeline]
            if self._pipeline is not pipeline:
                pipeline.stop()

    def _running(self) -> tuple[InferencePipeline, ...]:
        return () if self._pipeline is None else (self._pipeline,)

    def _started(self) -> InferencePipeline:
        pipeline = self._make()
        hostname = pipeline.containers[0].hostname
        try:
            pipeline.start(self._startup_seconds, self._stop)
        except NotHealthy as error:
            reason = f"the container did not pass the ping health check ({error.reason})"
            raise InvocationFailed(error.hostname, reason, timed_out=False) from error
        except Stopped as error:
            with suppress(Exception):
                pipeline.stop()
            raise InvocationFailed(hostname, "the endpoint was stopped", timed_out=False) from error
        return pipeline
