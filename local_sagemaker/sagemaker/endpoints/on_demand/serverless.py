"""Serverless variants: a container that starts on the first request, and anew on the next one after it has ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from local_sagemaker.errors import AwsError
from local_sagemaker.sagemaker.endpoints.on_demand.cold_start import ColdStart
from local_sagemaker.sagemaker.resources.limits import SERVERLESS_BYTES
from local_sagemaker.sagemaker.running.inference_pipeline import (
    InferencePipeline,
    InvocationFailed,
    PipelineContainer,
    PipelineResponse,
)
from local_sagemaker.sagemaker.running.stopping import StopRequest

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
        self._cold = ColdStart(make, startup_seconds)
        self._concurrency: int = config["MaxConcurrency"]
        self._slots = threading.BoundedSemaphore(self._concurrency)
        self._provisioned = "ProvisionedConcurrency" in config

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
        pipeline = self._cold.fetch()
        if self._provisioned:
            pipeline.start(timeout, stop)
            self._cold.take(pipeline)
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
            return _bounded(self._cold.invoke((body, content_type, accept, timeout, custom_attributes)))
        finally:
            self._slots.release()

    def stop(self) -> None:
        """End the container, and every start under way."""
        self._cold.stop()


def _bounded(answer: PipelineResponse) -> PipelineResponse:
    if len(answer.response.body) > SERVERLESS_BYTES:
        reason = f"the answer is longer than the {SERVERLESS_BYTES} bytes of a serverless endpoint"
        raise InvocationFailed(answer.hostname, reason, timed_out=False)
    return answer
