"""A processing job on AWS's Spark image: its request, and waiting for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.aws.session import Session
from pipeline.aws.storage import Location
from pipeline.aws.waiting import Following, wait
from pipeline.jobs.encryption import given, volume_key
from pipeline.jobs.image import spark_image_uri

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


def run_spark(session: Session, request: SparkJobRequest) -> None:
    """Start the job and wait until it is completed.

    Raises
    ------
    JobFailed
        If it failed or was stopped.
    """
    session.sagemaker.create_processing_job(**_request(session, request))
    wait(
        f"processing job {request.job_name}",
        "ProcessingJobStatus",
        lambda: session.sagemaker.describe_processing_job(ProcessingJobName=request.job_name),
        lambda: session.sagemaker.stop_processing_job(ProcessingJobName=request.job_name),
        Following(session.target.poll_seconds),
    )


def _request(session: Session, request: SparkJobRequest) -> dict[str, Any]:
    outputs = [_output(name, where) for name, where in request.outputs.items()]
    return {
        "ProcessingJobName": request.job_name,
        "RoleArn": session.role_arn,
        "AppSpecification": {
            "ImageUri": spark_image_uri(session.region),
            "ContainerEntrypoint": list(request.entrypoint),
            "ContainerArguments": list(request.arguments),
        },
        "ProcessingInputs": [_input(name, where) for name, where in request.inputs.items()],
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceType": session.instance_type,
                "InstanceCount": request.instance_count,
                "VolumeSizeInGB": 30,
                **given(VolumeKmsKeyId=volume_key(session)),
            }
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": request.max_seconds},
        **given(
            ProcessingOutputConfig={"Outputs": outputs, **given(KmsKeyId=session.kms_key)} if outputs else None,
            NetworkConfig=None if session.vpc is None else {"VpcConfig": session.vpc},
        ),
        "Tags": session.owner_tags,
    }


def _input(name: str, where: Location) -> dict[str, Any]:
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": where.folder,
            "LocalPath": f"{INPUTS}/{name}",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
        },
    }


def _output(name: str, where: Location) -> dict[str, Any]:
    return {
        "OutputName": name,
        "S3Output": {"S3Uri": str(where), "LocalPath": f"{OUTPUTS}/{name}", "S3UploadMode": "EndOfJob"},
    }
