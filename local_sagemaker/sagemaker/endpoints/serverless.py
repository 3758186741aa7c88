"""Serverless variants: a container that starts on the first request, and anew on the next one after it has ended."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from local_sagemaker.errors import AwsError
from local_sagemaker.sagemaker.resources.limits import SERVERLESS_BYTES
from local_sagemaker.sagemaker.running.inference_pipeline import (
    InferencePipeline,
    InvocationFailed,
    NotHealthy,
    PipelineContainer,
    PipelineResponse,
)
from local_sagemaker.sagemaker.running.stopping import Stopped, StopReason, StopRequest

_THROTTLED_STATUS = 429


class ServerlessPipeline:
    """Stands where an inference pipeline stands, and starts one when a request comes.

    Parameters
    ----------
    make : callable
        Makes the pipeline, not started yet, for one cold start.
    config : mapping of str to Any
        The variant's `ServerlessConfig`: requests beyond `MaxConcurrency` are throttled; with `ProvisionedConcurrency`
        the first start does not wait for a request.
    startup_seconds : float
        How long its container may take until it answers its health check.
    """

    def __init__(
        self, make: Callable[[], InferencePipeline], config: Mapping[str, Any], startup_seconds: float
    ) -> None:
        self._make = make
        self._concurrency: int = config["MaxConcurrency"]
        self._slots = threading.BoundedSemaphore(self._concurrency)
        self._startup_seconds = startup_seconds
        self._provisioned = "ProvisionedConcurrency" in config
        self._pipeline: InferencePipeline | None = None
        self._inside: Counter[InferencePipeline] = Counter()
        self._starting = threading.Lock()
        self._stop = StopRequest()

    @property
    def containers(self) -> tuple[PipelineContainer, ...]:
        """None that anybody needs to watch: a container that has ended is started by the next request."""
        return ()

    def start(self, timeout: float, stop: StopRequest) -> None:
        """Copy what the container needs; start it only where concurrency is provisioned.

        Raises
        ------
        NotHealthy, ModelDataMissing, Stopped
            As an inference pipeline's start.
        """
        pipeline = self._make()
        for container in pipeline.containers:
            container.fetch()
        if self._provisioned:
            pipeline.start(timeout, stop)
            self._pipeline = pipeline
        else:
            pipeline.stop()

    def invoke(
        self,
        body: bytes,
        content_type: str | None,
        accept: str | None,
        timeout: float,
        custom_attributes: str | None = None,
    ) -> PipelineResponse:
        """Send a request to the container, which is started first if it does not run.

        Raises
        ------
        InvocationFailed
            If the container does not come up, dies or does not answer within `timeout` seconds.
        AwsError
            `ThrottlingException` beyond the variant's MaxConcurrency, `ValidationError` for a body over 4 MB.
        """
        if len(body) > SERVERLESS_BYTES:
            raise AwsError("ValidationError", f"A serverless endpoint takes at most {SERVERLESS_BYTES} bytes.")
        if not self._slots.acquire(blocking=False):
            message = f"More than MaxConcurrency={self._concurrency} requests are inside the endpoint. Try again."
            raise AwsError("ThrottlingException", message, _THROTTLED_STATUS)
        try:
            return self._invoke(self._warm(), (body, content_type, accept, timeout, custom_attributes))
        finally:
            self._slots.release()

    def stop(self) -> None:
        """End the container, and every start under way."""
        self._stop.give(StopReason.BY_USER)
        with self._starting:
            pipelines, self._pipeline = {*self._inside, *self._running()}, None
        for pipeline in pipelines:
            pipeline.stop()

    def _invoke(
        self, pipeline: InferencePipeline, request: tuple[bytes, str | None, str | None, float, str | None]
    ) -> PipelineResponse:
        try:
            answer = pipeline.invoke(*request)
        except InvocationFailed:
            self._leave(pipeline, fit=False)
            raise
        self._leave(pipeline, fit=True)
        if len(answer.response.body) > SERVERLESS_BYTES:
            reason = f"the answer is longer than the {SERVERLESS_BYTES} bytes of a serverless endpoint"
            raise InvocationFailed(answer.hostname, reason, timed_out=False)
        return answer

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
