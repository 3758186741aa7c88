"""The training jobs of a tuning job, as requests to CreateTrainingJob."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

OBJECTIVE_HYPERPARAMETER = "_tuning_objective_metric"
"""By this hyperparameter a training job is told what it is judged by."""

_TAKEN_OVER = (
    "RoleArn",
    "InputDataConfig",
    "VpcConfig",
    "OutputDataConfig",
    "StoppingCondition",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "CheckpointConfig",
    "Environment",
    "AlgorithmSpecification",
)
_RESOURCES = ("InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId")


def trial_name(tuning_job: str, number: int) -> str:
    """Name a training job as AWS does: after the tuning job, with its number and some text that no other has."""
    return f"{tuning_job}-{number:03d}-{secrets.token_hex(4)}"


def training_request(
    name: str, definition: Mapping[str, Any], objective: Mapping[str, str], tuned: Mapping[str, str], tags: Any
) -> dict[str, Any]:
    """Make the request for one training job of a definition.

    Parameters
    ----------
    name : str
        The training job's name.
    definition : mapping
        The training job definition.
    objective : mapping of str to str
        Its objective.
    tuned : mapping of str to str
        The hyperparameters that were chosen.
    tags : list
        The tuning job's tags, which its training jobs get, too.
    """
    return {
        **{member: definition[member] for member in _TAKEN_OVER if member in definition},
        "TrainingJobName": name,
        "HyperParameters": {**static_hyperparameters(definition, objective), **tuned},
        "ResourceConfig": resources(definition),
        **({"Tags": tags} if tags else {}),
    }


def static_hyperparameters(definition: Mapping[str, Any], objective: Mapping[str, str]) -> dict[str, str]:
    """Give the hyperparameters that all training jobs of a definition have."""
    return {**definition.get("StaticHyperParameters", {}), OBJECTIVE_HYPERPARAMETER: objective["MetricName"]}


def resources(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """Choose the instance: the first where several kinds are given by priority."""
    if "ResourceConfig" in definition:
        given: Mapping[str, Any] = definition["ResourceConfig"]
        return given
    tuning = definition.get("HyperParameterTuningResourceConfig", {})
    chosen = {**tuning, **next(iter(tuning.get("InstanceConfigs", ())), {})}
    return {member: chosen[member] for member in _RESOURCES if member in chosen}
