"""SageMaker's own operations, executed over the durable store: jobs, models, endpoints, tags."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local_sagemaker.cloudwatch.metrics import Source
from local_sagemaker.containers import ProcessingContainer, ServingContainer, TrainingContainer
from local_sagemaker.database import Database
from local_sagemaker.errors import AwsError
from local_sagemaker.logs.store import LogStore
from local_sagemaker.protocol import aws_operations
from local_sagemaker.protocol.json_service import Handler, JsonService
from local_sagemaker.protocol.rest_json_service import RestJsonService
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker import kept as only_kept
from local_sagemaker.sagemaker.assembly import AllOperations
from local_sagemaker.sagemaker.endpoints import invocation
from local_sagemaker.sagemaker.endpoints.asynchronous import requests as async_requests
from local_sagemaker.sagemaker.endpoints.asynchronous.requests import AsyncRequests
from local_sagemaker.sagemaker.endpoints.asynchronous.sending import AsyncInvocations, Publish
from local_sagemaker.sagemaker.endpoints.invocation import InvocationResult
from local_sagemaker.sagemaker.endpoints.run import RunningEndpoints
from local_sagemaker.sagemaker.endpoints.shifting import AlarmStates
from local_sagemaker.sagemaker.endpoints.supervision import BackOff
from local_sagemaker.sagemaker.registry.request_members import REGISTRY
from local_sagemaker.sagemaker.resources import answering, tags
from local_sagemaker.sagemaker.resources import table as resources
from local_sagemaker.sagemaker.resources.answering import Answered, Operations
from local_sagemaker.sagemaker.resources.arns import Arns
from local_sagemaker.sagemaker.resources.request_members import RUNTIME, SAGEMAKER
from local_sagemaker.sagemaker.resources.tags import Tags
from local_sagemaker.sagemaker.running.instance import ComputeInstance
from local_sagemaker.sagemaker.running.log_streams import LogStreams
from local_sagemaker.sagemaker.tables import Tables
from local_sagemaker.sagemaker.tuning.request_members import TUNING
from local_sagemaker.state import StateDirectory

Invoke = Callable[[str, bytes, Mapping[str, str]], InvocationResult]
"""Takes an endpoint's name, the request's body, and its headers with names in lower case."""

__all__ = ["InvocationResult", "SageMaker"]

_METRICS = "sagemaker-metrics"
_FAMILY = "sagemaker"
"""What botocore's names of SageMaker's services begin with: the runtimes', the feature store's, …"""

MEMBERS = {**SAGEMAKER, **REGISTRY, **TUNING, **only_kept.MEMBERS}
"""What becomes of the members of every request."""

_SHUT_DOWN_SECONDS = 15.0
"""For everything to stop; what has not by then is killed with the server, by the containers' guard."""


class SageMaker:
    """SageMaker's operations over the durable store; owns the running jobs and endpoints.

    Parameters
    ----------
    database : Database
        The durable store, with `SCHEMA`.
    objects : ObjectStore
        S3.
    logs : LogStore
        CloudWatch Logs.
    state : StateDirectory
        Where containers work and installed requirements are kept.
    publish : Publish
        Publishes messages to SNS topics.
    alarms : AlarmStates
        CloudWatch's alarms, which can stop an endpoint's update.
    """

    SCHEMA = resources.SCHEMA + tags.SCHEMA + only_kept.SCHEMA + async_requests.SCHEMA

    def __init__(
        self,
        database: Database,
        objects: ObjectStore,
        logs: LogStore,
        state: StateDirectory,
        publish: Publish,
        alarms: AlarmStates,
    ) -> None:
        self._work = state.work
        self._logs = LogStreams(logs)
        self._instance = ComputeInstance(
            objects=objects,
            logs=self._logs,
            work=state.work,
            artefacts=state.artefacts,
            arns=Arns(),
            make_serving=lambda what, base, log: ServingContainer(what, base, state.requirements, log),
            make_training=lambda what, base, log: TrainingContainer(what, base, state.requirements, log),
            make_processing=lambda what, directory, log: ProcessingContainer(what, directory, log),
        )
        tables = Tables(database)
        self._tags = Tags(database, tables.hold)
        self._running_endpoints = RunningEndpoints(tables.endpoints, self._tags, self._instance, BackOff(), alarms)
        self._async = AsyncInvocations(
            AsyncRequests(database), self._running_endpoints, objects, publish, self._logs, self._instance.arns
        )
        self._all = AllOperations(tables, self._tags, self._instance, self._running_endpoints, self._ask)
        self.service = JsonService("sagemaker", _handlers(self._all.operations), MEMBERS)
        metrics = JsonService(_METRICS, self._all.metrics.handlers, only_kept.METRICS)
        self.rest_service = RestJsonService(metrics)

    @property
    def metrics(self) -> Sequence[Source]:
        """What gives the values of training jobs' and of endpoints' metrics."""
        return self._all.training.series.take, self._running_endpoints.metrics.take, self._async.take

    @property
    def invocations(self) -> Mapping[str, Invoke]:
        """The ways to invoke an endpoint, by the last part of their path."""
        return {"invocations": self.invoke_endpoint, "async-invocations": self._async.accept}

    def invoke_endpoint(self, name: str, body: bytes, headers: Mapping[str, str]) -> InvocationResult:
        """Answer InvokeEndpoint.

        Parameters
        ----------
        name : str
            The endpoint's name.
        body : bytes
            The request's body.
        headers : mapping of str to str
            The request's headers, names in lower case.

        Raises
        ------
        AwsError
            `ValidationError` if the endpoint is not in service or the request cannot be taken, `ModelError` if a
            container answers other than 2xx, or not at all.
        """
        return self._running_endpoints.invoke(invocation.read(name, body, headers))

    def answered(self) -> Mapping[str, Mapping[str, Answered]]:
        """Tell what becomes of every operation of SageMaker's services, by botocore's names of both."""
        ours = {
            "sagemaker": {name: each.answered for each in self._all.operations for name in each.handlers},
            _METRICS: dict.fromkeys(self._all.metrics.handlers, self._all.metrics.answered),
            "sagemaker-runtime": dict.fromkeys(RUNTIME, Answered.EXECUTED),
        }
        return {
            service: {name: ours.get(service, {}).get(name, Answered.REFUSED) for name in operations}
            for service, operations in aws_operations.of_family(_FAMILY).items()
        }

    def refused(self, operation: str, method: str, path: str) -> AwsError:
        """Refuse by its name what is none of our operations.

        Parameters
        ----------
        operation : str
            What the request names; empty where its method and path say it.
        method, path : str
            The request's.
        """
        return answering.refused(operation or aws_operations.meant(_FAMILY, method, path) or f"{method} {path}")

    def recover(self) -> None:
        """Start from what is stored: jobs that were running are Failed, endpoints that were in service come back."""
        for leftover in self._work.iterdir():
            shutil.rmtree(leftover, ignore_errors=True)
        for jobs in (self._all.training, self._all.transform, self._all.processing, self._all.tuning):
            jobs.recover()
        self._running_endpoints.recover()
        self._all.executions.recover()
        self._async.recover()

    def shut_down(self) -> None:
        """Stop every container and job; what is stored stays for `recover`."""
        running = self._all.running
        running.tuning.shut_down()  # first, or it would start more training jobs
        self._async.close()
        jobs = (running.pipelines, running.training, running.transform, running.processing)
        threads = [threading.Thread(target=part.shut_down, daemon=True) for part in (*jobs, self._running_endpoints)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + _SHUT_DOWN_SECONDS
        for thread in threads:
            thread.join(deadline - time.monotonic())
        self._running_endpoints.captures.shut_down()
        self._logs.shut_down()

    def _ask(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        return self.service.ask(operation, request)


def _handlers(operations: Sequence[Operations]) -> Mapping[str, Handler]:
    return {name: handler for each in operations for name, handler in each.handlers.items()}
