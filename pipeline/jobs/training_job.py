"""A training job: its request, and waiting for it.

It runs under network isolation: the code reaches it as a channel.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline.artefacts.source_code import Container, tarball
from pipeline.aws import sdk
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
    own = {
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz",
        "sagemaker_container_log_level": 20,
        "sagemaker_region": session.region,
    }
    sdk.TrainingJob.create(
        training_job_name=request.job_name,
        role_arn=session.role_arn,
        algorithm_specification=sdk.AlgorithmSpecification(
            training_image=image_uri(session.region),
            training_input_mode="File",
            metric_definitions=[sdk.MetricDefinition(name="training:accuracy", regex=r"training_accuracy=([0-9.]+);")],
        ),
        hyper_parameters={name: json.dumps(value) for name, value in {**request.hyperparameters, **own}.items()},
        input_data_config=[_channel(name, where) for name, where in {**request.channels, "code": code}.items()],
        output_data_config=sdk.OutputDataConfig(
            s3_output_path=str(request.output / "jobs"), **given(kms_key_id=session.kms_key)
        ),
        resource_config=sdk.ResourceConfig(
            instance_type=session.instance_type,
            instance_count=1,
            volume_size_in_gb=10,
            **given(volume_kms_key_id=volume_key(session)),
        ),
        **_stopping(request),
        **_checkpoint_config(request.checkpoints),
        **_network(session),
        enable_network_isolation=True,
        tags=session.tags,
        region=session.region,
    )
    done = wait(
        f"training job {request.job_name}",
        "TrainingJobStatus",
        lambda: session.sagemaker.describe_training_job(TrainingJobName=request.job_name),
        lambda: session.sagemaker.stop_training_job(TrainingJobName=request.job_name),
        Following(session.target.poll_seconds, on_poll),
    )
    return Location.parse(done["ModelArtifacts"]["S3ModelArtifacts"])


def _checkpoint_config(place: Location | None) -> dict[str, sdk.CheckpointConfig]:
    return {} if place is None else {"checkpoint_config": sdk.CheckpointConfig(s3_uri=str(place))}


def _stopping(request: TrainingJobRequest) -> dict[str, object]:
    """Return how long the job may take; a spot job also may wait that long for instances."""
    if not request.is_spot:
        return {"stopping_condition": sdk.StoppingCondition(max_runtime_in_seconds=request.max_seconds)}
    condition = sdk.StoppingCondition(
        max_runtime_in_seconds=request.max_seconds, max_wait_time_in_seconds=2 * request.max_seconds
    )
    return {"stopping_condition": condition, "enable_managed_spot_training": True}


def _network(session: Session) -> dict[str, sdk.VpcConfig]:
    return {} if session.vpc is None else {"vpc_config": sdk.VpcConfig(**session.vpc)}


def _channel(name: str, where: Location) -> sdk.Channel:
    source = sdk.S3DataSource(s3_data_type="S3Prefix", s3_uri=where.folder, s3_data_distribution_type="FullyReplicated")
    return sdk.Channel(channel_name=name, data_source=sdk.DataSource(s3_data_source=source))
