"""CreateProcessingJob, DescribeProcessingJob, ListProcessingJobs, StopProcessingJob and DeleteProcessingJob."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_sagemaker.protocol.json_service import Handler
from local_sagemaker.sagemaker.processing.records import ProcessingJob
from local_sagemaker.sagemaker.processing.requests import check_processing
from local_sagemaker.sagemaker.processing.run import ProcessingRun
from local_sagemaker.sagemaker.resources.arns import Kind
from local_sagemaker.sagemaker.resources.clusters import selected
from local_sagemaker.sagemaker.resources.limits import PROCESSING_DEFAULT_SECONDS
from local_sagemaker.sagemaker.resources.statuses import JobStatus
from local_sagemaker.sagemaker.resources.table import Resources, now
from local_sagemaker.sagemaker.resources.tags import Tags
from local_sagemaker.sagemaker.running.instance import ComputeInstance
from local_sagemaker.sagemaker.running.job_operations import JobOperations
from local_sagemaker.sagemaker.running.jobs import Jobs


class ProcessingJobOperations(JobOperations[ProcessingJob]):
    """The operations on processing jobs."""

    def __init__(self, records: Resources[ProcessingJob], running: Jobs, instance: ComputeInstance, tags: Tags) -> None:
        super().__init__(Kind.PROCESSING_JOB, records, running, instance, tags)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {
            "CreateProcessingJob": self.create,
            "DeleteProcessingJob": self.delete,
            "DescribeProcessingJob": self.describe,
            "ListProcessingJobs": self.list,
            "StopProcessingJob": self.stop,
        }

    def create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer CreateProcessingJob; the job starts at once.

        Raises
        ------
        AwsError
            `ResourceInUse` if the name is taken, `ValidationException` for what `check_processing` refuses.
        """
        name, time = request["ProcessingJobName"], now()
        check_processing(request)
        job = ProcessingJob(name=name, request=request, created=time, modified=time, status=JobStatus.IN_PROGRESS)
        return {"ProcessingJobArn": self._begin(job, ProcessingRun(job, self._records, self._instance).run)}

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DescribeProcessingJob."""
        job = self.find(request["ProcessingJobName"])
        return {
            **{member: value for member, value in job.request.items() if member != "Tags"},
            **_filled_in(job),
            "ProcessingJobArn": self._arn(job.name),
            "ProcessingJobStatus": job.status,
            "CreationTime": job.created,
            "LastModifiedTime": job.modified,
            **({"ProcessingStartTime": job.started} if job.started else {}),
            **_end(job),
        }

    def list(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListProcessingJobs."""
        return self._listed(
            "ProcessingJobSummaries",
            request,
            lambda job: {
                "ProcessingJobName": job.name,
                "ProcessingJobArn": self._arn(job.name),
                "LastModifiedTime": job.modified,
                "ProcessingJobStatus": job.status,
                **_end(job),
            },
        )

    @property
    def _name_member(self) -> str:
        return "ProcessingJobName"


def _end(job: ProcessingJob) -> dict[str, Any]:
    return {
        **({"ProcessingEndTime": job.ended} if job.ended else {}),
        **({"ExitMessage": job.exit_message} if job.exit_message else {}),
        **({"FailureReason": job.failure_reason} if job.failure_reason else {}),
    }


def _filled_in(job: ProcessingJob) -> dict[str, Any]:
    """Answer with AWS's defaults where a request says nothing."""
    condition = {"MaxRuntimeInSeconds": PROCESSING_DEFAULT_SECONDS, **job.request.get("StoppingCondition", {})}
    inputs = {"ProcessingInputs": [_input(given) for given in job.inputs]}
    outputs = [{"AppManaged": False, **given} for given in job.outputs]
    config = {"ProcessingOutputConfig": {**job.request.get("ProcessingOutputConfig", {}), "Outputs": outputs}}
    cluster = job.request["ProcessingResources"]["ClusterConfig"]
    return {
        "StoppingCondition": condition,
        "ProcessingResources": {"ClusterConfig": {**cluster, **selected(cluster)}},
        **(inputs if job.inputs else {}),
        **(config if outputs else {}),
    }


def _input(given: Mapping[str, Any]) -> dict[str, Any]:
    filled = {"S3InputMode": "File", "S3DataDistributionType": "FullyReplicated", "S3CompressionType": "None"}
    return {"AppManaged": False, **given, "S3Input": {**filled, **given["S3Input"]}}
