"""Runs training scripts and model servers as the AWS scikit-learn image does, without root, `/opt/ml` or Docker."""

from __future__ import annotations

from pipeline.local.containers.definition import (
    ContainerResponse,
    ServingDefinition,
    TrainingDefinition,
    TrainingOutcome,
)
from pipeline.local.containers.errors import ContainerFailed
from pipeline.local.containers.serving import ServingContainer
from pipeline.local.containers.training import TrainingContainer

__all__ = [
    "ContainerFailed",
    "ContainerResponse",
    "ServingContainer",
    "ServingDefinition",
    "TrainingContainer",
    "TrainingDefinition",
    "TrainingOutcome",
]
