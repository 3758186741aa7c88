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
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker import kept as only_kept
from local_sagemaker.sagemaker.endpoint_configs.operations import EndpointConfigOperations
from local_sagemaker.sagemaker.endpoint_configs.records import EndpointConfig
from local_sagemaker.sagemaker.endpoints import invocation
from local_sagemaker.sagemaker.endpoints.asynchronous import requests as async_requests
from local_sagemaker.sagemaker.endpoints.asynchronous.requests import AsyncRequests
from local_sagemaker.sagemaker.endpoints.asynchronous.sending import AsyncInvocations, Publish
from local_sagemaker.sagemaker.endpoints.invocation import InvocationResult
from local_sagemaker.sagemaker.endpoints.operations import EndpointOperations
from local_sagemaker.sagemaker.endpoints.records import Endpoint
from local_sagemaker.sagemaker.endpoints.run import RunningEndpoints
from local_sagemaker.sagemaker.endpoints.shifting import AlarmStates
from local_sagemaker.sagemaker.endpoints.supervision import BackOff
from local_sagemaker.sagemaker.kept import kept_operations, kept_tables
from local_sagemaker.sagemaker.models.operations import ModelOperations
from local_sagemaker.sagemaker.models.records import Model
from local_sagemaker.sagemaker.pipelines.executions import PipelineExecutionOperations
from local_sagemaker.sagemaker.pipelines.operations import PipelineOperations
from local_sagemaker.sagemaker.pipelines.records import Pipeline, PipelineExecution
from local_sagemaker.sagemaker.pipelines.steps.scope import Surroundings
from local_sagemaker.sagemaker.processing.operations import ProcessingJobOperations
from local_sagemaker.sagemaker.processing.records import ProcessingJob
from local_sagemaker.sagemaker.registry.groups import ModelPackageGroupOperations
from local_sagemaker.sagemaker.registry.packages import ModelPackageOperations
from local_sagemaker.sagemaker.registry.records import ModelPackage, ModelPackageGroup
from local_sagemaker.sagemaker.registry.request_members import REGISTRY
from local_sagemaker.sagemaker.resources import answering, arns, tags
from local_sagemaker.sagemaker.resources import table as resources
from local_sagemaker.sagemaker.resources.answering import Answered, Operations
from local_sagemaker.sagemaker.resources.arns import Arns, Kind
from local_sagemaker.sagemaker.resources.request_members import RUNTIME, SAGEMAKER
from local_sagemaker.sagemaker.resources.table import Resources
from local_sagemaker.sagemaker.resources.tags import Tags
from local_sagemaker.sagemaker.running.instance import ComputeInstance
from local_sagemaker.sagemaker.running.jobs import Jobs
from local_sagemaker.sagemaker.running.log_streams import LogStreams
from local_sagemaker.sagemaker.search.operations import SearchOperations
from local_sagemaker.sagemaker.training.operations import TrainingJobOperations
from local_sagemaker.sagemaker.training.records import TrainingJob
from local_sagemaker.sagemaker.transform.operations import TransformJobOperations
from local_sagemaker.sagemaker.transform.records import TransformJob
from local_sagemaker.sagemaker.tuning.operations import TuningJobOperations
from local_sagemaker.sagemaker.tuning.records import TuningJob
from local_sagemaker.sagemaker.tuning.request_members import TUNING
from local_sagemaker.state import StateDirectory

Invoke = Callable[[str, bytes, Mapping[str, str]], InvocationResult]
"""Takes an endpoint's name, the request's body, and its headers with names in lower case."""

__all__ = ["InvocationResult", "SageMaker"]

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
        self._running_training, self._running_transform, self._running_processing = Jobs(), Jobs(), Jobs()
        self._running_tuning = Jobs()
        self._running_pipelines = Jobs()
        training = Resources(database, Kind.TRAINING_JOB, TrainingJob)
        models = Resources(database, Kind.MODEL, Model)
        configs = Resources(database, Kind.ENDPOINT_CONFIG, EndpointConfig)
        endpoints = Resources(database, Kind.ENDPOINT, Endpoint)
        transform = Resources(database, Kind.TRANSFORM_JOB, TransformJob)
        groups = Resources(database, Kind.MODEL_PACKAGE_GROUP, ModelPackageGroup)
        packages = Resources(database, Kind.MODEL_PACKAGE, ModelPackage)
        kept = kept_tables(database)
        processing = Resources(database, Kind.PROCESSING_JOB, ProcessingJob)
        tuning = Resources(database, Kind.HYPER_PARAMETER_TUNING_JOB, TuningJob)
        pipelines = Resources(database, Kind.PIPELINE, Pipeline)
        executions = Resources(database, Kind.PIPELINE_EXECUTION, PipelineExecution)
        self._tables: Mapping[Kind, Resources[Any]] = {
            Kind.TRAINING_JOB: training,
            Kind.MODEL: models,
            Kind.ENDPOINT_CONFIG: configs,
            Kind.ENDPOINT: endpoints,
            Kind.TRANSFORM_JOB: transform,
            Kind.MODEL_PACKAGE_GROUP: groups,
            Kind.MODEL_PACKAGE: packages,
            Kind.PROCESSING_JOB: processing,
            Kind.HYPER_PARAMETER_TUNING_JOB: tuning,
            Kind.PIPELINE: pipelines,
            Kind.PIPELINE_EXECUTION: executions,
            **kept,
        }
        instance, self._tags = self._instance, Tags(database, self._exists)
        self._running_endpoints = RunningEndpoints(endpoints, self._tags, instance, BackOff(), alarms)
        self._async = AsyncInvocations(
            AsyncRequests(database), self._running_endpoints, objects, publish, self._logs, instance.arns
        )
        self._training = TrainingJobOperations(training, self._running_training, instance, self._tags)
        group_operations = ModelPackageGroupOperations(groups, packages, self._tags, instance.arns)
        package_operations = ModelPackageOperations(packages, group_operations, objects, self._tags, instance.arns)
        model_operations = ModelOperations(models, package_operations, objects, self._tags, instance.arns)
        config_operations = EndpointConfigOperations(configs, model_operations, self._tags, instance.arns)
        endpoint_operations = EndpointOperations(
            endpoints,
            config_operations,
            model_operations,
            objects,
            self._running_endpoints,
            self._tags,
            instance.arns,
            alarms,
        )
        self._transform = TransformJobOperations(
            transform, model_operations, self._running_transform, instance, self._tags
        )
        self._processing = ProcessingJobOperations(processing, self._running_processing, instance, self._tags)
        self._tuning = TuningJobOperations(tuning, self._training, self._running_tuning, instance, self._tags)
        pipeline_operations = PipelineOperations(pipelines, executions, objects, self._tags, instance.arns)
        self._executions = PipelineExecutionOperations(
            executions,
            pipeline_operations,
            self._running_pipelines,
            Surroundings(lambda operation, request: self.service.ask(operation, request), objects, instance.arns),
            self._tags,
        )
        self._operations: Sequence[Operations] = (
            self._tags,
            *kept_operations(database, kept, self._tags, instance.arns),
            group_operations,
            package_operations,
            model_operations,
            config_operations,
            endpoint_operations,
            self._training,
            self._transform,
            self._processing,
            self._tuning,
            pipeline_operations,
            self._executions,
            SearchOperations(
                {
                    "Endpoint": _describing(endpoint_operations, "EndpointName"),
                    "HyperParameterTuningJob": _describing(self._tuning, "HyperParameterTuningJobName"),
                    "ModelPackage": _describing(package_operations, "ModelPackageName"),
                    "ModelPackageGroup": _describing(group_operations, "ModelPackageGroupName"),
                    "Pipeline": _describing(pipeline_operations, "PipelineName"),
                    "TrainingJob": _describing(self._training, "TrainingJobName"),
                }
            ),
        )
        self.service = JsonService("sagemaker", _handlers(self._operations), MEMBERS)

    @property
    def metrics(self) -> Sequence[Source]:
        """What gives the values of training jobs' and of endpoints' metrics."""
        return self._training.series.take, self._running_endpoints.metrics.take

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
            "sagemaker": {name: each.answered for each in self._operations for name in each.handlers},
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
        self._training.recover()
        self._transform.recover()
        self._processing.recover()
        self._tuning.recover()
        self._running_endpoints.recover()
        self._executions.recover()
        self._async.recover()

    def shut_down(self) -> None:
        """Stop every container and job; what is stored stays for `recover`."""
        self._running_tuning.shut_down()  # first, or it would start more training jobs
        self._async.close()
        running = (
            self._running_pipelines,
            self._running_training,
            self._running_transform,
            self._running_processing,
            self._running_endpoints,
        )
        threads = [threading.Thread(target=part.shut_down, daemon=True) for part in running]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + _SHUT_DOWN_SECONDS
        for thread in threads:
            thread.join(deadline - time.monotonic())
        self._running_endpoints.captures.shut_down()
        self._logs.shut_down()

    def _exists(self, arn: str) -> bool:
        place = arns.parse(arn)
        return place is not None and self._tables[place[0]].get(place[1]) is not None


def _describing(operations: Any, member: str) -> Callable[[], Sequence[Mapping[str, Any]]]:
    return lambda: operations.all_described(member, operations.describe)


def _handlers(operations: Sequence[Operations]) -> Mapping[str, Handler]:
    return {name: handler for each in operations for name, handler in each.handlers.items()}
