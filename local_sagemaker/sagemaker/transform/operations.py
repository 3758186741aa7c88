"""CreateTransformJob, DescribeTransformJob, ListTransformJobs and StopTransformJob."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_sagemaker.protocol.json_service import Handler
from local_sagemaker.sagemaker.models.operations import ModelOperations
from local_sagemaker.sagemaker.resources import refusals
from local_sagemaker.sagemaker.resources.arns import Kind
from local_sagemaker.sagemaker.resources.statuses import JobStatus
from local_sagemaker.sagemaker.resources.table import Resources, now
from local_sagemaker.sagemaker.resources.tags import Tags
from local_sagemaker.sagemaker.running.instance import ComputeInstance
from local_sagemaker.sagemaker.running.job_operations import JobOperations
from local_sagemaker.sagemaker.running.jobs import Jobs
from local_sagemaker.sagemaker.transform.records import TransformJob
from local_sagemaker.sagemaker.transform.requests import check_transform
from local_sagemaker.sagemaker.transform.run import TransformRun


class TransformJobOperations(JobOperations[TransformJob]):
    """The operations on transform jobs."""

    def __init__(
        self,
        records: Resources[TransformJob],
        models: ModelOperations,
        running: Jobs,
        instance: ComputeInstance,
        tags: Tags,
    ) -> None:
        super().__init__(Kind.TRANSFORM_JOB, records, running, instance, tags)
        self._models = models

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {
            "CreateTransformJob": self.create,
            "DescribeTransformJob": self.describe,
            "ListTransformJobs": self.list,
            "StopTransformJob": self.stop,
        }

    def create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer CreateTransformJob; the job starts at once.

        Raises
        ------
        AwsError
            `ResourceInUse` if the name is taken, `ValidationException` if the model is not there and for what
            `check_transform` refuses.
        """
        name, time = request["TransformJobName"], now()
        model = self._models.find(request["ModelName"])
        if model.containers[0].multi_model:
            raise refusals.unsupported("a batch transform by many models", "create a model of one artefact.")
        check_transform(request, self._instance.objects, self._arns.region)
        job = TransformJob(name=name, request=request, created=time, modified=time, status=JobStatus.IN_PROGRESS)
        return {"TransformJobArn": self._begin(job, TransformRun(job, model, self._records, self._instance).run)}

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DescribeTransformJob."""
        job = self.find(request["TransformJobName"])
        return {
            **{member: value for member, value in job.request.items() if member != "Tags"},
            **_filled_in(job.request),
            "TransformJobArn": self._arn(job.name),
            "TransformJobStatus": job.status,
            "CreationTime": job.created,
            **({"TransformStartTime": job.started} if job.started else {}),
            **({"TransformEndTime": job.ended} if job.ended else {}),
            **({"FailureReason": job.failure_reason} if job.failure_reason else {}),
        }

    def list(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListTransformJobs."""
        return self._listed(
            "TransformJobSummaries",
            request,
            lambda job: {
                "TransformJobName": job.name,
                "TransformJobArn": self._arn(job.name),
                "LastModifiedTime": job.modified,
                "TransformJobStatus": job.status,
                **({"TransformEndTime": job.ended} if job.ended else {}),
                **({"FailureReason": job.failure_reason} if job.failure_reason else {}),
            },
        )

    @property
    def _name_member(self) -> str:
        return "TransformJobName"


def _filled_in(request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with AWS's defaults where a request says nothing."""
    return {
        "TransformInput": {"CompressionType": "None", "SplitType": "None", **request["TransformInput"]},
        "TransformOutput": {"AssembleWith": "None", "KmsKeyId": "", **request["TransformOutput"]},
        "DataProcessing": {
            "InputFilter": "$",
            "OutputFilter": "$",
            "JoinSource": "None",
            **request.get("DataProcessing", {}),
        },
    }
