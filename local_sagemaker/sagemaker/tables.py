"""The durable tables of all kinds of resources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from local_sagemaker.database import Database
from local_sagemaker.sagemaker.endpoint_configs.records import EndpointConfig
from local_sagemaker.sagemaker.endpoints.records import Endpoint
from local_sagemaker.sagemaker.kept import kept_tables
from local_sagemaker.sagemaker.models.records import Model
from local_sagemaker.sagemaker.pipelines.records import Pipeline, PipelineExecution
from local_sagemaker.sagemaker.processing.records import ProcessingJob
from local_sagemaker.sagemaker.registry.records import ModelPackage, ModelPackageGroup
from local_sagemaker.sagemaker.resources import arns
from local_sagemaker.sagemaker.resources.arns import Kind
from local_sagemaker.sagemaker.resources.table import Resources
from local_sagemaker.sagemaker.training.records import TrainingJob
from local_sagemaker.sagemaker.transform.records import TransformJob
from local_sagemaker.sagemaker.tuning.records import TuningJob


class Tables:
    """A table for each kind.

    Parameters
    ----------
    database : Database
        The durable store; its schema includes those of `resources.table` and of `kept`.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.training = Resources(database, Kind.TRAINING_JOB, TrainingJob)
        self.transform = Resources(database, Kind.TRANSFORM_JOB, TransformJob)
        self.processing = Resources(database, Kind.PROCESSING_JOB, ProcessingJob)
        self.tuning = Resources(database, Kind.HYPER_PARAMETER_TUNING_JOB, TuningJob)
        self.models = Resources(database, Kind.MODEL, Model)
        self.endpoint_configs = Resources(database, Kind.ENDPOINT_CONFIG, EndpointConfig)
        self.endpoints = Resources(database, Kind.ENDPOINT, Endpoint)
        self.package_groups = Resources(database, Kind.MODEL_PACKAGE_GROUP, ModelPackageGroup)
        self.packages = Resources(database, Kind.MODEL_PACKAGE, ModelPackage)
        self.pipelines = Resources(database, Kind.PIPELINE, Pipeline)
        self.executions = Resources(database, Kind.PIPELINE_EXECUTION, PipelineExecution)
        self.kept = kept_tables(database)
        jobs = (self.training, self.transform, self.processing, self.tuning)
        hosting = (self.models, self.endpoint_configs, self.endpoints)
        registry, pipelines = (self.package_groups, self.packages), (self.pipelines, self.executions)
        tables: Sequence[Resources[Any]] = (*jobs, *hosting, *registry, *pipelines, *self.kept.values())
        self._by_kind = {table.kind: table for table in tables}

    def hold(self, arn: str) -> bool:
        """Whether there is a resource of this ARN."""
        place = arns.parse(arn)
        return place is not None and self._by_kind[place[0]].get(place[1]) is not None
