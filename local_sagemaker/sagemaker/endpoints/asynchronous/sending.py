"""Asynchronous inference: requests are accepted and kept, sent to the endpoint, and answered in S3 and by SNS."""

from __future__ import annotations

import io
import json
import logging
import os
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from local_sagemaker.cloudwatch.metrics import Datum
from local_sagemaker.errors import AwsError
from local_sagemaker.s3.store.objects import Attributes, ObjectStore
from local_sagemaker.sagemaker.endpoints.asynchronous import reading
from local_sagemaker.sagemaker.endpoints.asynchronous.notifications import failed, succeeded, with_response
from local_sagemaker.sagemaker.endpoints.asynchronous.requests import AsyncRequest, AsyncRequests
from local_sagemaker.sagemaker.endpoints.invocation import Invocation, InvocationResult, invalid
from local_sagemaker.sagemaker.endpoints.metrics import backlog_metrics
from local_sagemaker.sagemaker.endpoints.run import RunningEndpoints
from local_sagemaker.sagemaker.resources import s3_uris
from local_sagemaker.sagemaker.resources.arns import Arns
from local_sagemaker.sagemaker.resources.limits import ASYNC_BYTES
from local_sagemaker.sagemaker.running.log_streams import LogStreams, endpoint_group
from local_sagemaker.sagemaker.running.retrying import until_done

Publish = Callable[[str, str], None]
"""Publishes a message to an SNS topic; takes the topic's ARN and the message."""

MOST_WAITING = 1000
"""Requests that may wait for one endpoint."""

_ACCEPTED = 202
_DATA_LOG = "data-log"
_NO_TYPE = Attributes().content_type
_INCLUDED = {"SuccessTopic": "SUCCESS_NOTIFICATION_TOPIC", "ErrorTopic": "ERROR_NOTIFICATION_TOPIC"}
"""What `IncludeInferenceResponseIn` calls the topics."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why there is no answer, and what the container said, if it said something."""

    reason: str
    body: bytes


class AsyncInvocations:
    """All asynchronous requests, and the threads that send them.

    Parameters
    ----------
    requests : AsyncRequests
        The durable table of those that wait.
    endpoints : RunningEndpoints
        Whom they are sent to.
    objects : ObjectStore
        S3.
    publish : Publish
        Sends notifications.
    logs : LogStreams
        Where failures are noted, in the endpoint's group.
    arns : Arns
        Knows the region.
    """

    def __init__(
        self,
        requests: AsyncRequests,
        endpoints: RunningEndpoints,
        objects: ObjectStore,
        publish: Publish,
        logs: LogStreams,
        arns: Arns,
    ) -> None:
        self._requests = requests
        self._endpoints = endpoints
        self._objects = objects
        self._publish = publish
        self._logs = logs
        self._arns = arns
        self._waiting: dict[str, deque[int]] = defaultdict(deque)
        self._senders: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._closing = False

    def accept(self, endpoint: str, body: bytes, headers: Mapping[str, str]) -> InvocationResult:
        """Answer InvokeEndpointAsync: the request is kept, and sent when it is its turn.

        Raises
        ------
        AwsError
            `ValidationError` if the endpoint is not in service or not asynchronous, or the request cannot be taken;
            `ServiceUnavailable` if too many wait.
        """
        config = self._endpoints.plan_of(endpoint).asynchronous
        if config is None:
            raise invalid(f"Endpoint {endpoint} has no AsyncInferenceConfig: call InvokeEndpoint.")
        request = reading.read(endpoint, body, headers, config, self._arns.region)
        number = self._requests.add(request, body or None, MOST_WAITING)
        if number is None:
            raise AwsError("ServiceUnavailable", f"{MOST_WAITING} requests wait for endpoint {endpoint}.", 503)
        self._enqueue(endpoint, number)
        places = {"OutputLocation": request.output_location, "FailureLocation": request.failure_location}
        told = {f"X-Amzn-SageMaker-{name}": place for name, place in places.items() if place is not None}
        answer = json.dumps({"InferenceId": request.inference_id}).encode()
        return InvocationResult(_ACCEPTED, {"Content-Type": "application/json", **told}, answer)

    def take(self) -> Iterator[Datum]:
        """Give the backlogs of the endpoints that have had requests since the server started, as metrics."""
        now = time.time()
        with self._lock:
            backlogs = {name: len(waiting) + self._senders[name] for name, waiting in self._waiting.items()}
        for name, backlog in backlogs.items():
            deployment = self._endpoints.serving(name)
            if deployment is not None:
                yield from backlog_metrics(name, backlog, sum(deployment.instance_counts.values()), now)

    def recover(self) -> None:
        """Send what was accepted before the server ended."""
        for number, endpoint in self._requests.waiting():
            self._enqueue(endpoint, number)

    def close(self) -> None:
        """Send nothing more; what waits, and what has no answer yet, is sent by the next server."""
        self._closing = True

    def _enqueue(self, endpoint: str, number: int) -> None:
        with self._lock:
            self._waiting[endpoint].append(number)
            self._begin(endpoint)

    def _begin(self, endpoint: str) -> None:
        """Start one more sender, if there are to be more; the lock is held."""
        if self._senders[endpoint] < self._concurrency(endpoint):
            sender = threading.Thread(target=self._send, args=(endpoint,), name=f"async {endpoint}", daemon=True)
            sender.start()
            self._senders[endpoint] += 1

    def _concurrency(self, endpoint: str) -> int:
        """Say how many requests an endpoint gets at once; one, until it is known to be in service."""
        config = self._config(endpoint)
        own = os.cpu_count() or 1
        return 1 if config is None else config.get("ClientConfig", {}).get("MaxConcurrentInvocationsPerInstance", own)

    def _config(self, endpoint: str) -> Mapping[str, Any] | None:
        deployment = self._endpoints.serving(endpoint)
        return None if deployment is None else deployment.plan.asynchronous

    def _send(self, endpoint: str) -> None:
        while (number := self._next(endpoint)) is not None:
            try:
                until_done(f"asynchronous request {number}", partial(self._answer, number))
            except Exception:  # it waits for the next server; the others do not
                _log.exception("asynchronous request %d was not answered", number)

    def _next(self, endpoint: str) -> int | None:
        with self._lock:
            if self._waiting[endpoint] and not self._closing:
                number = self._waiting[endpoint].popleft()
                if self._waiting[endpoint]:  # the endpoint may have come into service since they were accepted
                    self._begin(endpoint)
                return number
            self._senders[endpoint] -= 1
            return None

    def _answer(self, number: int) -> None:
        """Send one request, and deliver what comes of it; while the server stops, it is left to the next one."""
        request, body = self._requests.read(number)
        outcome = self._outcome(request, body)
        if self._closing:
            return
        delivered = self._delivered(request, outcome)
        self._notify(request, delivered)
        self._requests.remove(number)

    def _outcome(self, request: AsyncRequest, body: bytes | None) -> InvocationResult | _Failure:
        if request.expired:
            return _Failure(f"The request waited longer than {request.most_age_seconds} seconds.", b"")
        try:
            of_object, content = self._input(request) if body is None else (None, body)
            call = Invocation(
                endpoint=request.endpoint,
                body=content,
                content_type=request.content_type or of_object,
                accept=request.accept,
                custom_attributes=request.custom_attributes,
                inference_id=request.inference_id,
            )
            return self._endpoints.invoke_asynchronously(call, request.timeout_seconds)
        except AwsError as error:
            return _Failure(_reason(error), str(error.fields.get("OriginalMessage", error.message)).encode())

    def _input(self, request: AsyncRequest) -> tuple[str | None, bytes]:
        """Read an input's content type, if somebody has said one when it was put, and the input."""
        place = s3_uris.parse(request.input_location or "")
        info, stream = s3_uris.opened_with_info(self._objects, place)
        with stream:
            body = stream.read(ASYNC_BYTES + 1)
        if len(body) > ASYNC_BYTES:
            raise invalid(f"{place} is longer than {ASYNC_BYTES} bytes, the most that a request can have.")
        return None if info.content_type == _NO_TYPE else info.content_type, body

    def _delivered(self, request: AsyncRequest, outcome: InvocationResult | _Failure) -> InvocationResult | _Failure:
        """Write an answer, or a failure, to S3; an answer that cannot be written is a failure."""
        if isinstance(outcome, InvocationResult):
            try:
                self._put(request.output_location, outcome.body, outcome.headers.get("Content-Type"))
            except AwsError as error:
                outcome = _Failure(f"{request.output_location} could not be written: {error.message}", b"")
        if isinstance(outcome, _Failure):
            self._note(request, f"Inference request {request.inference_id} failed: {outcome.reason}")
            self._put_failure(request, outcome)
        return outcome

    def _put_failure(self, request: AsyncRequest, failure: _Failure) -> None:
        if request.failure_location is None:
            return
        try:
            self._put(request.failure_location, failure.body or failure.reason.encode(), None)
        except AwsError as error:
            self._note(request, f"{request.failure_location} could not be written: {error.message}")

    def _put(self, location: str, body: bytes, content_type: str | None) -> None:
        place = s3_uris.parse(location)
        self._objects.put(place.bucket, place.key, io.BytesIO(body), content_type or "application/octet-stream")

    def _notify(self, request: AsyncRequest, outcome: InvocationResult | _Failure) -> None:
        """Publish the end of a request, where the endpoint has a topic for it."""
        config = self._config(request.endpoint) or {}
        topics = config.get("OutputConfig", {}).get("NotificationConfig", {})
        kind = "SuccessTopic" if isinstance(outcome, InvocationResult) else "ErrorTopic"
        topic = topics.get(kind)
        if not topic:
            return
        message = _message(request, outcome)
        if _INCLUDED[kind] in topics.get("IncludeInferenceResponseIn", ()):
            message = with_response(message, outcome.body)
        try:
            self._publish(topic, json.dumps(message))
        except Exception as error:  # the answer is in S3, whoever hears of it
            _log.warning("topic %s was not told of %s", topic, request.inference_id, exc_info=True)
            self._note(request, f"The topic {topic} could not be told of {request.inference_id}: {error}")

    def _note(self, request: AsyncRequest, line: str) -> None:
        stream = self._logs.open(endpoint_group(request.endpoint), _DATA_LOG)
        stream.write(line)
        stream.close()


def _message(request: AsyncRequest, outcome: InvocationResult | _Failure) -> dict[str, Any]:
    now = datetime.now(UTC)
    if isinstance(outcome, InvocationResult):
        return succeeded(request, outcome.headers.get("Content-Type"), now)
    return failed(request, outcome.reason, now)


def _reason(error: AwsError) -> str:
    return f"ClientError: {error.message}" if error.code == "ModelError" else f"{error.code}: {error.message}"
