"""A training job: its request, and waiting for it.

It runs under network isolation: the code reaches it as a channel.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.artefacts.source_code import Container, tarball
from pipeline.aws.session import Session
from pipeline.aws.storage import Location
from pipeline.aws.waiting import Following, wait
from pipeline.jobs.encryption import given, volume_key
from pipeline.jobs.image import image_uri
from pipeline.profiles import Value

HOUR = 3600


@dataclass(frozen=True, slots=True)
class TrainingJobRequest:
    """One training job: a source folder, its data and its settings."""

    container: Container
    job_name: str
    channels: Mapping[str, Location]
    hyperparameters: Mapping[str, Value]
    output: Location
    """Where its code goes to and its output comes to."""
    checkpoints: Location | None = None
    """What an earlier job left here it gets, and what it leaves is for a later one."""
    max_seconds: int = HOUR
    is_spot: bool = False
    """Whether it runs on spare instances, which AWS may take away: it then goes on from its checkpoints on others."""


def run_training(
    session: Session, request: TrainingJobRequest, on_poll: Callable[[], object] = lambda: None
) -> Location:
    """Upload the source folder, start the job and wait until it is completed, calling `on_poll` after each look.

    Returns
    -------
    Location
        Its model artefact.

    Raises
    ------
    JobFailed
        If it failed or was stopped.
    """
    code = request.output / "code" / request.container
    session.s3.put_object(
        Bucket=code.bucket, Key=f"{code.key}/sourcedir.tar.gz", Body=tarball(request.container.folder)
    )
    session.sagemaker.create_training_job(**_request(session, request, code))
    done = wait(
        f"training job {request.job_name}",
        "TrainingJobStatus",
        lambda: session.sagemaker.describe_training_job(TrainingJobName=request.job_name),
        lambda: session.sagemaker.stop_training_job(TrainingJobName=request.job_name),
        Following(session.target.poll_seconds, on_poll),
    )
    return Location.parse(done["ModelArtifacts"]["S3ModelArtifacts"])


def _request(session: Session, request: TrainingJobRequest, code: Location) -> dict[str, Any]:
    settings = {**request.hyperparameters, **_of_toolkit(session)}
    return {
        "TrainingJobName": request.job_name,
        "RoleArn": session.role_arn,
        "AlgorithmSpecification": {
            "TrainingImage": image_uri(session.region),
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "training:accuracy", "Regex": r"training_accuracy=([0-9.]+);"}],
        },
        "HyperParameters": {name: json.dumps(value) for name, value in settings.items()},
        "InputDataConfig": [_channel(name, where) for name, where in {**request.channels, "code": code}.items()],
        "OutputDataConfig": {"S3OutputPath": str(request.output / "jobs"), **given(KmsKeyId=session.kms_key)},
        "ResourceConfig": {
            "InstanceType": session.instance_type,
            "InstanceCount": 1,
            "VolumeSizeInGB": 10,
            **given(VolumeKmsKeyId=volume_key(session)),
        },
        "StoppingCondition": _stopping(request),
        **given(
            EnableManagedSpotTraining=request.is_spot or None,
            CheckpointConfig=None if request.checkpoints is None else {"S3Uri": str(request.checkpoints)},
            VpcConfig=session.vpc,
        ),
        "EnableNetworkIsolation": True,
        "Tags": session.owner_tags,
    }


def _of_toolkit(session: Session) -> dict[str, Value]:
    """Return the hyperparameters that are the toolkit's in the image, not the script's."""
    return {
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz",
        "sagemaker_container_log_level": 20,
        "sagemaker_region": session.region,
    }


def _stopping(request: TrainingJobRequest) -> dict[str, Any]:
    """Return how long the job may take; a spot job also may wait that long for instances."""
    waits = 2 * request.max_seconds if request.is_spot else None
    return {"MaxRuntimeInSeconds": request.max_seconds, **given(MaxWaitTimeInSeconds=waits)}


def _channel(name: str, where: Location) -> dict[str, Any]:
    return {
        "ChannelName": name,
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": where.folder,
                "S3DataDistributionType": "FullyReplicated",
            }
        },
    }
