"""A batch transform: its request, and waiting for it."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.aws import sdk
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
    source = sdk.TransformS3DataSource(s3_data_type="S3Prefix", s3_uri=request.s3_uri)
    output = {"assemble_with": request.assemble_with} if request.assemble_with else {}
    sdk.TransformJob.create(
        transform_job_name=request.job_name,
        model_name=request.model_name,
        transform_input=sdk.TransformInput(
            data_source=sdk.TransformDataSource(s3_data_source=source), content_type="text/csv", split_type="Line"
        ),
        transform_output=sdk.TransformOutput(
            s3_output_path=str(request.destination),
            accept=request.accept,
            **output,
            **given(kms_key_id=session.kms_key),
        ),
        transform_resources=sdk.TransformResources(
            instance_type=session.instance_type,
            instance_count=request.instance_count,
            **given(volume_kms_key_id=volume_key(session)),
        ),
        batch_strategy="MultiRecord",
        max_payload_in_mb=request.max_payload_mb,
        max_concurrent_transforms=max(1, min(4, 100 // request.max_payload_mb)),
        tags=session.tags,
        region=session.region,
    )
    wait(
        f"batch transform {request.job_name}",
        "TransformJobStatus",
        lambda: session.sagemaker.describe_transform_job(TransformJobName=request.job_name),
        lambda: session.sagemaker.stop_transform_job(TransformJobName=request.job_name),
        Following(session.target.poll_seconds),
    )
