"""A batch transform: its request, and waiting for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.aws.session import Session
from pipeline.aws.storage import Location
from pipeline.aws.waiting import Following, wait
from pipeline.jobs.encryption import given, volume_key


@dataclass(frozen=True, slots=True)
class TransformJobRequest:
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
    instance_count: int = 1
    """Among how many instances SageMaker divides the files."""

    @property
    def s3_uri(self) -> str:
        """What the job reads: all that begins with this."""
        return str(self.source) if self.is_object else self.source.folder


def run_transform(session: Session, request: TransformJobRequest) -> None:
    """Start a batch transform and wait until it is completed.

    Raises
    ------
    JobFailed
        If it failed or was stopped.
    """
    session.sagemaker.create_transform_job(**_request(session, request))
    wait(
        f"batch transform {request.job_name}",
        "TransformJobStatus",
        lambda: session.sagemaker.describe_transform_job(TransformJobName=request.job_name),
        lambda: session.sagemaker.stop_transform_job(TransformJobName=request.job_name),
        Following(session.target.poll_seconds),
    )


def _request(session: Session, request: TransformJobRequest) -> dict[str, Any]:
    return {
        "TransformJobName": request.job_name,
        "ModelName": request.model_name,
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": request.s3_uri}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {
            "S3OutputPath": str(request.destination),
            "Accept": request.accept,
            **given(AssembleWith=request.assemble_with, KmsKeyId=session.kms_key),
        },
        "TransformResources": {
            "InstanceType": session.instance_type,
            "InstanceCount": request.instance_count,
            **given(VolumeKmsKeyId=volume_key(session)),
        },
        "BatchStrategy": "MultiRecord",
        "MaxPayloadInMB": request.max_payload_mb,
        "MaxConcurrentTransforms": max(1, min(4, 100 // request.max_payload_mb)),
        "Tags": session.owner_tags,
    }
