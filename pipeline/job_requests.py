"""The SageMaker requests that this pipeline makes, built in one place: training jobs, transform jobs, models.

Everything runs under network isolation: the code reaches a training container as a channel, and a serving container
inside the model artefact.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pipeline import sdk
from pipeline.endpoint import OWNER_TAG, hold_to_owner
from pipeline.profiles import Value
from pipeline.runs import Artefact
from pipeline.serving import CODE_VARIABLE, RUN_VARIABLE
from pipeline.session import Session
from pipeline.source_code import Container, tarball
from pipeline.storage import Location

ARROW = "application/vnd.apache.arrow.stream"
MANIFEST_VARIABLE = "PIPELINE_MANIFEST_SHA256"
"""In a container's environment: the digest of its artefact's manifest.json; another one is not served."""

HOUR = 3600


@dataclass(frozen=True, slots=True)
class Training:
    """One training job: a source folder, its data and its settings."""

    container: Container
    job_name: str
    channels: Mapping[str, Location]
    hyperparameters: Mapping[str, Value]
    place: Location
    """Where its code goes to and its output comes to."""
    checkpoints: Location | None = None
    """What an earlier job left here it gets, and what it leaves is for a later one."""
    max_seconds: int = HOUR


def tags(session: Session) -> list[dict[str, str]]:
    """The tags of everything this pipeline creates.

    Plain dicts: the SDK's `resources` hold a class `Tag` of their own, which hides the shape of that name.
    """
    return [{"key": OWNER_TAG, "value": session.name}]


def run_training(session: Session, training: Training, look: Callable[[], None] = lambda: None) -> sdk.TrainingJob:
    """Upload the source folder, start the job and wait until it is completed, calling `look` now and then.

    Raises
    ------
    JobFailed
        If it failed or was stopped.
    """
    code = training.place / "code" / training.container
    session.s3.put_object(
        Bucket=code.bucket, Key=f"{code.key}/sourcedir.tar.gz", Body=tarball(training.container.folder)
    )
    own = {
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz",
        "sagemaker_container_log_level": 20,
        "sagemaker_region": session.region,
    }
    job = sdk.TrainingJob.create(
        training_job_name=training.job_name,
        role_arn=session.role_arn,
        algorithm_specification=sdk.AlgorithmSpecification(
            training_image=sdk.image_uri(session.region),
            training_input_mode="File",
            metric_definitions=[sdk.MetricDefinition(name="training:accuracy", regex=r"training_accuracy=([0-9.]+);")],
        ),
        hyper_parameters={name: json.dumps(value) for name, value in {**training.hyperparameters, **own}.items()},
        input_data_config=[_channel(name, where) for name, where in {**training.channels, "code": code}.items()],
        output_data_config=sdk.OutputDataConfig(s3_output_path=str(training.place / "jobs")),
        resource_config=sdk.ResourceConfig(instance_type=session.instance_type, instance_count=1, volume_size_in_gb=10),
        stopping_condition=sdk.StoppingCondition(max_runtime_in_seconds=training.max_seconds),
        **_checkpoint_config(training.checkpoints),
        enable_network_isolation=True,
        tags=tags(session),
        region=session.region,
    )
    label = f"training job {training.job_name}"
    sdk.wait(job, label, lambda job: str(job.training_job_status), {"Completed"}, session.target.poll_seconds, look)
    return job


def _checkpoint_config(place: Location | None) -> dict[str, sdk.CheckpointConfig]:
    return {} if place is None else {"checkpoint_config": sdk.CheckpointConfig(s3_uri=str(place))}


def _channel(name: str, where: Location) -> sdk.Channel:
    source = sdk.S3DataSource(s3_data_type="S3Prefix", s3_uri=where.folder, s3_data_distribution_type="FullyReplicated")
    return sdk.Channel(channel_name=name, data_source=sdk.DataSource(s3_data_source=source))


@dataclass(frozen=True, slots=True)
class Serving:
    """What a container's definition says of itself beside its artefact."""

    image: str
    run_id: str
    code_digest: str


def container_definition(container: Container, artefact: Artefact, serving: Serving) -> sdk.ContainerDefinition:
    """Define one container: what it serves, and what the image needs to be told (docs/aws-image.md says why)."""
    environment = {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_NO_INDEX": "1",
        RUN_VARIABLE: serving.run_id,
        CODE_VARIABLE: serving.code_digest,
    }
    if artefact.manifest_sha256 is not None:
        environment[MANIFEST_VARIABLE] = artefact.manifest_sha256
    if container is Container.PREPROCESSOR:
        environment["SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT"] = ARROW
    return sdk.ContainerDefinition(
        container_hostname=container, image=serving.image, model_data_url=artefact.uri, environment=environment
    )


def ensure_model(session: Session, name: str, containers: Sequence[sdk.ContainerDefinition]) -> None:
    """Create a model of one container, or of several in series, unless it is there already."""
    found = sdk.find(lambda: sdk.Model.get(model_name=name, region=session.region))
    if found is not None:
        hold_to_owner(session, "model", name, str(found.model_arn))
        return
    if len(containers) == 1:
        what = {"primary_container": containers[0]}
    else:
        what = {
            "containers": list(containers),
            "inference_execution_config": sdk.InferenceExecutionConfig(mode="Serial"),
        }
    sdk.Model.create(
        model_name=name,
        execution_role_arn=session.role_arn,
        enable_network_isolation=True,
        tags=tags(session),
        region=session.region,
        **what,
    )


@dataclass(frozen=True, slots=True)
class Transform:
    """One batch transform over one-column, headerless CSV with a record a line."""

    job_name: str
    model_name: str
    source: Location
    destination: Location
    accept: str
    assemble_with: str | None
    max_payload_mb: int
    is_object: bool = False
    """Whether `source` is one object, not a folder of them."""


def run_transform(session: Session, transform: Transform) -> None:
    """Start a batch transform and wait until it is completed.

    Raises
    ------
    JobFailed
        If it failed or was stopped.
    """
    uri = str(transform.source) if transform.is_object else transform.source.folder
    source = sdk.TransformS3DataSource(s3_data_type="S3Prefix", s3_uri=uri)
    output = {"assemble_with": transform.assemble_with} if transform.assemble_with else {}
    job = sdk.TransformJob.create(
        transform_job_name=transform.job_name,
        model_name=transform.model_name,
        transform_input=sdk.TransformInput(
            data_source=sdk.TransformDataSource(s3_data_source=source), content_type="text/csv", split_type="Line"
        ),
        transform_output=sdk.TransformOutput(
            s3_output_path=str(transform.destination), accept=transform.accept, **output
        ),
        transform_resources=sdk.TransformResources(instance_type=session.instance_type, instance_count=1),
        batch_strategy="MultiRecord",
        max_payload_in_mb=transform.max_payload_mb,
        max_concurrent_transforms=max(1, min(4, 100 // transform.max_payload_mb)),
        tags=tags(session),
        region=session.region,
    )
    label = f"batch transform {transform.job_name}"
    sdk.wait(job, label, lambda job: str(job.transform_job_status), {"Completed"}, session.target.poll_seconds)
