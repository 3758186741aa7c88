"""Runs training scripts and model servers as the AWS scikit-learn image does, without root, `/opt/ml` or Docker."""

from __future__ import annotations

from local_sagemaker.containers.definition import (
    ContainerResponse,
    ServingDefinition,
    TrainingDefinition,
    TrainingOutcome,
)
from local_sagemaker.containers.errors import ContainerFailed
from local_sagemaker.containers.serving.container import ServingContainer
from local_sagemaker.containers.training.container import TrainingContainer

__all__ = [
    "ContainerFailed",
    "ContainerResponse",
    "ServingContainer",
    "ServingDefinition",
    "TrainingContainer",
    "TrainingDefinition",
    "TrainingOutcome",
]
