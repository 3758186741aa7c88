"""Sends mini-batches through a pipeline, and finds the record that a bad answer is due to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from local_sagemaker.sagemaker.running.inference_pipeline import InferencePipeline, InvocationFailed, PipelineResponse
from local_sagemaker.sagemaker.running.stopping import StopRequest
from local_sagemaker.sagemaker.transform.data.data_processing import Unprocessable
from local_sagemaker.sagemaker.transform.data.splitting import MiniBatch, SplitType, halves
from local_sagemaker.sagemaker.transform.settings import TransformSettings

_WORTH_RETRYING = (429, 502, 503, 504)
"""Answers of a server in front of the model, not of the model: it may have just lost a worker."""
_FIRST_PAUSE = 0.2
_SHOWN = 600
"""Characters of a bad answer that go into the message."""


class FailureOrigin(StrEnum):
    """What a failure is put down to, the client's request or the algorithm, as a FailureReason begins."""

    CLIENT = "ClientError"
    ALGORITHM = "AlgorithmError"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an object could not be transformed; the message says where in the object."""

    origin: FailureOrigin
    message: str


class BadBatch(Exception):
    """A mini-batch got no good answer."""

    def __init__(self, origin: FailureOrigin, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(origin, message)


class PipelineGone(Exception):
    """A container has ended; nothing more can be sent."""


class Sender:
    """Sends the mini-batches of one job; may be used by several threads.

    Parameters
    ----------
    pipeline : InferencePipeline
        The job's containers, up.
    settings : TransformSettings
        The job's.
    stop : StopRequest
        Ends pauses and retries.
    """

    def __init__(self, pipeline: InferencePipeline, settings: TransformSettings, stop: StopRequest) -> None:
        self._pipeline = pipeline
        self._settings = settings
        self._stop = stop

    def send(self, batch: MiniBatch) -> bytes:
        """Send a mini-batch and return its output.

        Raises
        ------
        BadBatch
            If there is no good answer, or it does not fit the job's DataProcessing.
        PipelineGone
            If a container has ended.
        Stopped
            If the job is to stop.
        """
        try:
            answer = self._ask(batch)
            if not answer.good:
                raise self._find_bad_record(batch, answer)
            return self._settings.processing.output(batch, answer.response.body, answer.response.content_type)
        except Unprocessable as error:
            raise BadBatch(FailureOrigin.CLIENT, str(error)) from error
        except RecursionError as error:  # one level more than could be read cannot be written
            raise BadBatch(FailureOrigin.CLIENT, f"{self._place(batch)}: JSON that is nested too deeply") from error

    def _ask(self, batch: MiniBatch) -> PipelineResponse:
        settings, body = self._settings, self._settings.processing.request(batch)
        for retry in range(settings.retries + 1):
            last = retry == settings.retries
            self._stop.check()
            try:
                answer = self._pipeline.invoke(body, settings.content_type, settings.accept, settings.timeout)
            except InvocationFailed as error:
                self._pause(retry)
                self._check_alive(error)
                if last:
                    raise BadBatch(
                        FailureOrigin.ALGORITHM, f"{self._place(batch)}: {_no_response_message(error)}"
                    ) from error
            else:
                if last or answer.response.status not in _WORTH_RETRYING:
                    break
                self._pause(retry)
        return answer

    def _pause(self, retry: int) -> None:
        """Let a lost worker be replaced, or a dying container die."""
        self._stop.event.wait(_FIRST_PAUSE * 2**retry)

    def _check_alive(self, error: InvocationFailed) -> None:
        self._stop.check()
        if not all(container.alive for container in self._pipeline.containers):
            raise PipelineGone(_no_response_message(error)) from error

    def _find_bad_record(self, batch: MiniBatch, answer: PipelineResponse) -> BadBatch:
        """Find the one record of a mini-batch that gets the bad answer alone, by halving; else name them all."""
        suspect, reply = batch, answer
        while suspect.records > 1 and self._settings.split is SplitType.LINE:
            for half in halves(suspect):
                reply_to_half = self._ask(half)
                if not reply_to_half.good:
                    suspect, reply = half, reply_to_half
                    break
            else:
                suspect, reply = batch, answer
                break
        status, text = reply.response.status, reply.response.body.decode(errors="replace").strip()[:_SHOWN]
        return BadBatch(
            FailureOrigin.CLIENT if status < 500 else FailureOrigin.ALGORITHM,
            f"{self._place(suspect)}: Bad HTTP status received from algorithm: {status} ({reply.hostname}). "
            f"Message: {text}",
        )

    def _place(self, batch: MiniBatch) -> str:
        if self._settings.split is SplitType.NONE:
            return "the whole object"
        if batch.records == 1:
            return f"line {batch.first_record} (byte offset {batch.offset})"
        last = batch.first_record + batch.records - 1
        return f"lines {batch.first_record} to {last} (from byte offset {batch.offset})"


def _no_response_message(error: InvocationFailed) -> str:
    return f"Unable to get response from algorithm ({error.hostname}: {error.reason})"
