"""Puts together the operations on every kind of resource, each with the tables and the other operations it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local_sagemaker.sagemaker.endpoint_configs.operations import EndpointConfigOperations
from local_sagemaker.sagemaker.endpoints.operations import EndpointOperations
from local_sagemaker.sagemaker.endpoints.run import RunningEndpoints
from local_sagemaker.sagemaker.experiments.operations import (
    ExperimentOperations,
    TrialComponentOperations,
    TrialOperations,
)
from local_sagemaker.sagemaker.kept import kept_operations
from local_sagemaker.sagemaker.models.operations import ModelOperations
from local_sagemaker.sagemaker.pipelines.executions import PipelineExecutionOperations
from local_sagemaker.sagemaker.pipelines.operations import PipelineOperations
from local_sagemaker.sagemaker.pipelines.steps.calls import Ask
from local_sagemaker.sagemaker.pipelines.steps.scope import Surroundings
from local_sagemaker.sagemaker.processing.operations import ProcessingJobOperations
from local_sagemaker.sagemaker.registry.groups import ModelPackageGroupOperations
from local_sagemaker.sagemaker.registry.packages import ModelPackageOperations
from local_sagemaker.sagemaker.resources.answering import Operations
from local_sagemaker.sagemaker.resources.tags import Tags
from local_sagemaker.sagemaker.running.instance import ComputeInstance
from local_sagemaker.sagemaker.running.jobs import Jobs
from local_sagemaker.sagemaker.search.operations import SearchOperations
from local_sagemaker.sagemaker.tables import Tables
from local_sagemaker.sagemaker.training.operations import TrainingJobOperations
from local_sagemaker.sagemaker.transform.operations import TransformJobOperations
from local_sagemaker.sagemaker.tuning.operations import TuningJobOperations


@dataclass(frozen=True, slots=True)
class RunningJobs:
    """The threads of the jobs of each kind."""

    training: Jobs = field(default_factory=Jobs)
    transform: Jobs = field(default_factory=Jobs)
    processing: Jobs = field(default_factory=Jobs)
    tuning: Jobs = field(default_factory=Jobs)
    pipelines: Jobs = field(default_factory=Jobs)


class AllOperations:
    """The operations on every kind of resource.

    Parameters
    ----------
    tables : Tables
        The durable tables.
    tags : Tags
        The tags of all resources.
    instance : ComputeInstance
        What jobs run on.
    running_endpoints : RunningEndpoints
        What is behind the endpoints.
    ask : Ask
        Calls an operation by its name, as a client does: so do the steps of a pipeline.
    """

    def __init__(
        self, tables: Tables, tags: Tags, instance: ComputeInstance, running_endpoints: RunningEndpoints, ask: Ask
    ) -> None:
        self.running = running = RunningJobs()
        objects, arns = instance.objects, instance.arns
        self.training = TrainingJobOperations(tables.training, running.training, instance, tags)
        self.processing = ProcessingJobOperations(tables.processing, running.processing, instance, tags)
        self.tuning = TuningJobOperations(tables.tuning, self.training, running.tuning, instance, tags)
        self._groups = ModelPackageGroupOperations(tables.package_groups, tables.packages, tags, arns)
        self._packages = ModelPackageOperations(tables.packages, self._groups, objects, tags, arns)
        models = ModelOperations(tables.models, self._packages, objects, tags, arns)
        self.transform = TransformJobOperations(tables.transform, models, running.transform, instance, tags)
        configs = EndpointConfigOperations(tables.endpoint_configs, models, tags, arns)
        self._endpoints = EndpointOperations(tables.endpoints, configs, models, objects, running_endpoints, tags, arns)
        self._pipelines = PipelineOperations(tables.pipelines, tables.executions, objects, tags, arns)
        around = Surroundings(ask, objects, arns)
        self.executions = PipelineExecutionOperations(
            tables.executions, self._pipelines, running.pipelines, around, tags
        )
        kept = kept_operations(tables.database, tables.kept, tags, arns)
        self.metrics = kept.metrics
        registry, hosting = (self._groups, self._packages), (models, configs, self._endpoints)
        jobs = (self.training, self.transform, self.processing, self.tuning)
        pipelines = (self._pipelines, self.executions)
        search = self._search(*kept.experiments)
        self.operations: Sequence[Operations] = (tags, *kept.all, *registry, *hosting, *jobs, *pipelines, search)

    def _search(
        self, experiments: ExperimentOperations, trials: TrialOperations, components: TrialComponentOperations
    ) -> SearchOperations:
        return SearchOperations(
            {
                "Endpoint": _describing(self._endpoints, "EndpointName"),
                "Experiment": _describing(experiments, "ExperimentName"),
                "ExperimentTrial": _describing(trials, "TrialName"),
                "ExperimentTrialComponent": lambda: trials.with_parents(
                    components.all_described("TrialComponentName", components.describe)
                ),
                "HyperParameterTuningJob": _describing(self.tuning, "HyperParameterTuningJobName"),
                "ModelPackage": _describing(self._packages, "ModelPackageName"),
                "ModelPackageGroup": _describing(self._groups, "ModelPackageGroupName"),
                "Pipeline": _describing(self._pipelines, "PipelineName"),
                "TrainingJob": _describing(self.training, "TrainingJobName"),
            }
        )


def _describing(operations: Any, member: str) -> Callable[[], Sequence[Mapping[str, Any]]]:
    return lambda: operations.all_described(member, operations.describe)
