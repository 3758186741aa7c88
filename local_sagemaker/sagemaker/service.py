"""SageMaker's own operations, executed over the durable store: jobs, models, endpoints, tags."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Mapping
from typing import Any

from local_sagemaker.containers import ServingContainer, TrainingContainer
from local_sagemaker.database import Database
from local_sagemaker.logs.store import LogStore
from local_sagemaker.protocol.json_service import JsonService
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.endpoint_configs.operations import EndpointConfigOperations
from local_sagemaker.sagemaker.endpoint_configs.records import EndpointConfig
from local_sagemaker.sagemaker.endpoints import invocation
from local_sagemaker.sagemaker.endpoints.invocation import InvocationResult
from local_sagemaker.sagemaker.endpoints.operations import EndpointOperations
from local_sagemaker.sagemaker.endpoints.records import Endpoint
from local_sagemaker.sagemaker.endpoints.run import RunningEndpoints
from local_sagemaker.sagemaker.endpoints.supervision import BackOff
from local_sagemaker.sagemaker.models.operations import ModelOperations
from local_sagemaker.sagemaker.models.records import Model
from local_sagemaker.sagemaker.resources import arns, tags
from local_sagemaker.sagemaker.resources import table as resources
from local_sagemaker.sagemaker.resources.arns import Arns, Kind
from local_sagemaker.sagemaker.resources.request_members import SAGEMAKER
from local_sagemaker.sagemaker.resources.table import Resources
from local_sagemaker.sagemaker.resources.tags import Tags
from local_sagemaker.sagemaker.running.instance import ComputeInstance
from local_sagemaker.sagemaker.running.jobs import Jobs
from local_sagemaker.sagemaker.running.log_streams import LogStreams
from local_sagemaker.sagemaker.training.operations import TrainingJobOperations
from local_sagemaker.sagemaker.training.records import TrainingJob
from local_sagemaker.sagemaker.transform.operations import TransformJobOperations
from local_sagemaker.sagemaker.transform.records import TransformJob
from local_sagemaker.state import StateDirectory

__all__ = ["InvocationResult", "SageMaker"]

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
    region : str
        The region in ARNs.
    """

    SCHEMA = resources.SCHEMA + tags.SCHEMA

    def __init__(
        self, database: Database, objects: ObjectStore, logs: LogStore, state: StateDirectory, region: str
    ) -> None:
        self._work = state.work
        self._logs = LogStreams(logs)
        self._instance = ComputeInstance(
            objects=objects,
            logs=self._logs,
            work=state.work,
            artefacts=state.artefacts,
            arns=Arns(region),
            make_serving=lambda what, base, log: ServingContainer(what, base, state.requirements, log),
            make_training=lambda what, base, log: TrainingContainer(what, base, state.requirements, log),
        )
        self._running_training, self._running_transform = Jobs(), Jobs()
        training = Resources(database, Kind.TRAINING_JOB, TrainingJob)
        models = Resources(database, Kind.MODEL, Model)
        configs = Resources(database, Kind.ENDPOINT_CONFIG, EndpointConfig)
        endpoints = Resources(database, Kind.ENDPOINT, Endpoint)
        transform = Resources(database, Kind.TRANSFORM_JOB, TransformJob)
        self._tables: Mapping[Kind, Resources[Any]] = {
            Kind.TRAINING_JOB: training,
            Kind.MODEL: models,
            Kind.ENDPOINT_CONFIG: configs,
            Kind.ENDPOINT: endpoints,
            Kind.TRANSFORM_JOB: transform,
        }
        instance, self._tags = self._instance, Tags(database, self._exists)
        self._running_endpoints = RunningEndpoints(endpoints, self._tags, instance, BackOff())
        self._training = TrainingJobOperations(training, self._running_training, instance, self._tags)
        model_operations = ModelOperations(models, objects, self._tags, instance.arns)
        config_operations = EndpointConfigOperations(configs, model_operations, self._tags, instance.arns)
        endpoint_operations = EndpointOperations(
            endpoints,
            config_operations,
            model_operations,
            objects,
            self._running_endpoints,
            self._tags,
            instance.arns,
        )
        self._transform = TransformJobOperations(
            transform, model_operations, self._running_transform, instance, self._tags
        )
        self.service = JsonService(
            "sagemaker",
            {
                **self._tags.handlers,
                **model_operations.handlers,
                **config_operations.handlers,
                **endpoint_operations.handlers,
                **self._training.handlers,
                **self._transform.handlers,
            },
            SAGEMAKER,
        )

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

    def recover(self) -> None:
        """Start from what is stored: jobs that were running are Failed, endpoints that were in service come back."""
        for leftover in self._work.iterdir():
            shutil.rmtree(leftover, ignore_errors=True)
        self._training.recover()
        self._transform.recover()
        self._running_endpoints.recover()

    def shut_down(self) -> None:
        """Stop every container and job; what is stored stays for `recover`."""
        parts = (self._running_training.shut_down, self._running_transform.shut_down, self._running_endpoints.shut_down)
        threads = [threading.Thread(target=part, daemon=True) for part in parts]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + _SHUT_DOWN_SECONDS
        for thread in threads:
            thread.join(deadline - time.monotonic())
        self._logs.shut_down()

    def _exists(self, arn: str) -> bool:
        place = arns.parse(arn)
        return place is None or self._tables[place[0]].get(place[1]) is not None
