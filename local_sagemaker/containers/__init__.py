"""Runs training scripts, processing commands and model servers as the AWS scikit-learn image does, without root or
Docker.
"""

from __future__ import annotations

from local_sagemaker.containers.definition import (
    ContainerResponse,
    ProcessingDefinition,
    ProcessingOutcome,
    ServingDefinition,
    TrainingDefinition,
    TrainingOutcome,
)
from local_sagemaker.containers.errors import ContainerFailed
from local_sagemaker.containers.processing.container import ProcessingContainer
from local_sagemaker.containers.serving.container import ServingContainer
from local_sagemaker.containers.training.container import TrainingContainer

__all__ = [
    "ContainerFailed",
    "ContainerResponse",
    "ProcessingContainer",
    "ProcessingDefinition",
    "ProcessingOutcome",
    "ServingContainer",
    "ServingDefinition",
    "TrainingContainer",
    "TrainingDefinition",
    "TrainingOutcome",
]
