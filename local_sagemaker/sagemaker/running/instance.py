"""The one compute instance that jobs and endpoints run on, and how a model's containers are set up there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from local_sagemaker.containers import (
    ProcessingContainer,
    ProcessingDefinition,
    TrainingContainer,
    TrainingDefinition,
    namespaces,
)
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.models.model_data import serving_definition
from local_sagemaker.sagemaker.models.records import ContainerDefinition
from local_sagemaker.sagemaker.resources.arns import Arns
from local_sagemaker.sagemaker.running import reloading
from local_sagemaker.sagemaker.running.inference_pipeline import InferencePipeline, MakeServing, PipelineContainer
from local_sagemaker.sagemaker.running.log_streams import LogStreams

MakeProcessing = Callable[[ProcessingDefinition, Path, Callable[[str], None]], ProcessingContainer]
MakeTraining = Callable[[TrainingDefinition, Path, Callable[[str], None]], TrainingContainer]


@dataclass(frozen=True, slots=True)
class ComputeInstance:
    """Objects, logs, a place to work in, and the makers of containers."""

    objects: ObjectStore
    logs: LogStreams
    work: Path
    artefacts: Path
    arns: Arns
    make_serving: MakeServing
    make_training: MakeTraining
    make_processing: MakeProcessing

    def pipeline(
        self,
        containers: Sequence[ContainerDefinition],
        environment: Mapping[str, str],
        directory: Path,
        archives: Path,
        group: str,
        stream: str,
    ) -> InferencePipeline:
        """Set up a model's containers, not started yet.

        Parameters
        ----------
        containers : sequence of ContainerDefinition
            The model's containers in order.
        environment : mapping of str to str
            What goes over every container's own environment.
        directory : Path
            Where the containers may write; the caller removes it.
        archives : Path
            Where artefacts and source folders are copied to; those that are there are not fetched again.
        group, stream : str
            Where their output goes. The containers of a pipeline have a stream each, named after them.
        """
        return InferencePipeline(
            [
                self._container(
                    container,
                    {**environment, **reloading.variables(group, container.hostname, len(containers) == 1)},
                    directory / container.hostname,
                    archives / container.hostname,
                    group,
                    stream if len(containers) == 1 else f"{stream}/{container.hostname}",
                )
                for container in containers
            ]
        )

    def _container(
        self,
        container: ContainerDefinition,
        environment: Mapping[str, str],
        directory: Path,
        archives: Path,
        group: str,
        stream: str,
    ) -> PipelineContainer:
        log = self.logs.open(group, stream)
        if container.network_isolation and (warning := namespaces.no_isolation()):
            log.write(f"WARNING: {warning}")
        return PipelineContainer(
            container.hostname,
            partial(serving_definition, self.objects, container, environment, archives),
            self.make_serving,
            directory,
            log,
        )
