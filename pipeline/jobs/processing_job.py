"""A processing job on AWS's Spark image: its request, and waiting for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.aws import sdk
from pipeline.aws.session import Session
from pipeline.aws.storage import Location
from pipeline.aws.waiting import Following, wait
from pipeline.errors import BadInput
from pipeline.jobs.encryption import given, volume_key

SPARK_VERSION = "3.5"
SPARK_PYTHON = "py312"
SPARK_BUILD = "v1.0"
DAY = 24 * 3600

INPUTS = "/opt/ml/processing/input"
OUTPUTS = "/opt/ml/processing/output"


@dataclass(frozen=True, slots=True)
class SparkJobRequest:
    """One job: a program, and what it reads and writes."""

    job_name: str
    entrypoint: Sequence[str]
    arguments: Sequence[str]
    inputs: Mapping[str, Location]
    """Folders in S3, each by its name below `INPUTS`."""
    outputs: Mapping[str, Location]
    """The same below `OUTPUTS`."""
    instance_count: int = 1
    max_seconds: int = DAY


def spark_image_uri(region: str) -> str:
    """Return the URI of AWS's Spark image in a region.

    Raises
    ------
    BadInput
        If AWS has it not there.
    """
    try:
        uri = sdk.image_uris.retrieve(
            "spark",
            region,
            version=SPARK_VERSION,
            py_version=SPARK_PYTHON,
            container_version=SPARK_BUILD,
            instance_type="ml.m5.xlarge",
        )
    except ValueError as error:
        raise BadInput(f"The Spark image {SPARK_VERSION} is not in the region {region!r}: {error}") from error
    return str(uri)


def run_spark(session: Session, request: SparkJobRequest) -> None:
    """Start the job and wait until it is completed.

    Raises
    ------
    JobFailed
        If it failed or was stopped.
    """
    sdk.ProcessingJob.create(
        processing_job_name=request.job_name,
        role_arn=session.role_arn,
        app_specification=sdk.AppSpecification(
            image_uri=spark_image_uri(session.region),
            container_entrypoint=list(request.entrypoint),
            container_arguments=list(request.arguments),
        ),
        processing_inputs=[_input(name, where) for name, where in request.inputs.items()],
        **_outputs(session, request),
        processing_resources=sdk.ProcessingResources(
            cluster_config=sdk.ProcessingClusterConfig(
                instance_type=session.instance_type,
                instance_count=request.instance_count,
                volume_size_in_gb=30,
                **given(volume_kms_key_id=volume_key(session)),
            )
        ),
        stopping_condition=sdk.ProcessingStoppingCondition(max_runtime_in_seconds=request.max_seconds),
        **_network(session),
        tags=session.tags,
        region=session.region,
    )
    wait(
        f"processing job {request.job_name}",
        "ProcessingJobStatus",
        lambda: session.sagemaker.describe_processing_job(ProcessingJobName=request.job_name),
        lambda: session.sagemaker.stop_processing_job(ProcessingJobName=request.job_name),
        Following(session.target.poll_seconds),
    )


def _input(name: str, where: Location) -> sdk.ProcessingInput:
    source = sdk.ProcessingS3Input(
        s3_uri=where.folder,
        local_path=f"{INPUTS}/{name}",
        s3_data_type="S3Prefix",
        s3_input_mode="File",
        s3_data_distribution_type="FullyReplicated",
    )
    return sdk.ProcessingInput(input_name=name, s3_input=source)


def _outputs(session: Session, request: SparkJobRequest) -> dict[str, sdk.ProcessingOutputConfig]:
    outputs = [_output(name, where) for name, where in request.outputs.items()]
    if not outputs:
        return {}
    config = sdk.ProcessingOutputConfig(outputs=outputs, **given(kms_key_id=session.kms_key))
    return {"processing_output_config": config}


def _output(name: str, where: Location) -> sdk.ProcessingOutput:
    target = sdk.ProcessingS3Output(s3_uri=str(where), local_path=f"{OUTPUTS}/{name}", s3_upload_mode="EndOfJob")
    return sdk.ProcessingOutput(output_name=name, s3_output=target)


def _network(session: Session) -> dict[str, sdk.NetworkConfig]:
    return {} if session.vpc is None else {"network_config": sdk.NetworkConfig(vpc_config=sdk.VpcConfig(**session.vpc))}
