"""CreateTrainingJob, DescribeTrainingJob, ListTrainingJobs, StopTrainingJob and DeleteTrainingJob."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from local_sagemaker.errors import AwsError
from local_sagemaker.protocol.json_service import Handler
from local_sagemaker.sagemaker.resources import refusals
from local_sagemaker.sagemaker.resources.arns import Kind
from local_sagemaker.sagemaker.resources.limits import TRAINING_DEFAULT_SECONDS
from local_sagemaker.sagemaker.resources.operations import ResourceOperations
from local_sagemaker.sagemaker.resources.statuses import INTERRUPTED, JobStatus, SecondaryStatus
from local_sagemaker.sagemaker.resources.table import Resources, now
from local_sagemaker.sagemaker.resources.tags import Tags
from local_sagemaker.sagemaker.running.handover import Handover
from local_sagemaker.sagemaker.running.instance import ComputeInstance
from local_sagemaker.sagemaker.running.jobs import Jobs
from local_sagemaker.sagemaker.training.records import TrainingJob, Transition, entered
from local_sagemaker.sagemaker.training.requests import check_training
from local_sagemaker.sagemaker.training.run import TrainingRun

_NOT_DESCRIBED = ("Tags",)


class TrainingJobOperations(ResourceOperations[TrainingJob]):
    """The operations, over the jobs' records and the threads that run them."""

    def __init__(self, records: Resources[TrainingJob], running: Jobs, instance: ComputeInstance, tags: Tags) -> None:
        super().__init__(Kind.TRAINING_JOB, records, tags, instance.arns)
        self._running = running
        self._instance = instance

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {
            "CreateTrainingJob": self.create,
            "DeleteTrainingJob": self.delete,
            "DescribeTrainingJob": self.describe,
            "ListTrainingJobs": self.list,
            "StopTrainingJob": self.stop,
        }

    def create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer CreateTrainingJob; the job starts at once.

        Raises
        ------
        AwsError
            `ResourceInUse` if the name is taken, `ValidationException` for what `check_training` refuses.
        """
        name, time = request["TrainingJobName"], now()
        check_training(request, self._instance.objects, self._arns.region)
        job = TrainingJob(
            name=name,
            request=request,
            created=time,
            modified=time,
            status=JobStatus.IN_PROGRESS,
            transitions=(Transition(SecondaryStatus.STARTING, time),),
        )
        with Handover() as handover, self._records.transaction():
            arn = self._add(job)
            self._running.start(name, TrainingRun(job, self._records, self._instance).run, handover)
        return {"TrainingJobArn": arn}

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DescribeTrainingJob."""
        job = self.find(request["TrainingJobName"])
        return {
            "EnableNetworkIsolation": False,
            "EnableInterContainerTrafficEncryption": False,
            "EnableManagedSpotTraining": False,
            "ProfilingStatus": "Disabled",
            **{member: value for member, value in job.request.items() if member not in _NOT_DESCRIBED},
            **_filled_in(job.request),
            "TrainingJobArn": self._arn(job.name),
            "TrainingJobStatus": job.status,
            "SecondaryStatus": job.secondary_status,
            "SecondaryStatusTransitions": [_transition(transition) for transition in job.transitions],
            "CreationTime": job.created,
            "LastModifiedTime": job.modified,
            **_times(job),
            **({"FailureReason": job.failure_reason} if job.failure_reason else {}),
            **({"ModelArtifacts": {"S3ModelArtifacts": str(job.output / "model.tar.gz")}} if job.has_model else {}),
            **({"FinalMetricDataList": _metrics(job)} if job.metrics else {}),
        }

    def list(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListTrainingJobs, oldest first unless asked otherwise."""
        if "WarmPoolStatusEquals" in request or "TrainingPlanArnEquals" in request:
            return {"TrainingJobSummaries": []}
        return self._listed(
            "TrainingJobSummaries",
            request,
            lambda job: {
                "TrainingJobName": job.name,
                "TrainingJobArn": self._arn(job.name),
                "LastModifiedTime": job.modified,
                "TrainingJobStatus": job.status,
                "SecondaryStatus": job.secondary_status,
                **({"TrainingEndTime": job.ended} if job.ended else {}),
            },
            default_order="Ascending",
        )

    def stop(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer StopTrainingJob; the script gets SIGTERM.

        Raises
        ------
        AwsError
            `ValidationException` if the job is not there or has ended.
        """
        name = request["TrainingJobName"]
        with Handover() as handover, self._records.transaction():
            if self._records.change(name, _stopping) is None:
                raise refusals.not_found(Kind.TRAINING_JOB, self._arn(name))
            self._running.stop(name, handover)
        return {}

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DeleteTrainingJob; what the job has put into S3 and its log stay.

        Raises
        ------
        AwsError
            `ValidationException` if the job is not there, `ResourceInUse` if it has not ended.
        """
        name = request["TrainingJobName"]
        with self._records.transaction():
            status = self.find(name).status
            if not status.ended:
                message = f"The training job {name} is in status {status}: only one that has ended can be deleted."
                raise AwsError("ResourceInUse", message)
            self._remove(name)
        return {}

    def recover(self) -> None:
        """Note, at the server's start, that what was running no longer is."""
        for job in self._records.all():
            if job.status is JobStatus.STOPPING:
                self._records.change(job.name, lambda record: entered(record, SecondaryStatus.STOPPED))
            elif job.status is JobStatus.IN_PROGRESS:
                self._records.change(job.name, lambda record: entered(record, SecondaryStatus.FAILED, INTERRUPTED))


def _stopping(job: TrainingJob) -> TrainingJob:
    if job.status is not JobStatus.IN_PROGRESS:
        raise refusals.not_stoppable(Kind.TRAINING_JOB, job.status)
    return entered(job, SecondaryStatus.STOPPING)


def _filled_in(request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with AWS's defaults where a request says nothing: clients count on finding them."""
    channels = {"InputDataConfig": [_channel(channel) for channel in request.get("InputDataConfig", ())]}
    return {
        "AlgorithmSpecification": {"EnableSageMakerMetricsTimeSeries": False, **request["AlgorithmSpecification"]},
        "OutputDataConfig": {"KmsKeyId": "", "CompressionType": "GZIP", **request["OutputDataConfig"]},
        "StoppingCondition": {
            "MaxRuntimeInSeconds": TRAINING_DEFAULT_SECONDS,
            **request.get("StoppingCondition", {}),
        },
        **(channels if "InputDataConfig" in request else {}),
    }


def _channel(channel: Mapping[str, Any]) -> dict[str, Any]:
    source = {"S3DataDistributionType": "FullyReplicated", **channel["DataSource"]["S3DataSource"]}
    return {
        "CompressionType": "None",
        "RecordWrapperType": "None",
        **channel,
        "DataSource": {**channel["DataSource"], "S3DataSource": source},
    }


def _transition(transition: Transition) -> dict[str, Any]:
    return {
        "Status": transition.status,
        "StartTime": transition.start,
        "StatusMessage": transition.status.message,
        **({"EndTime": transition.end} if transition.end else {}),
    }


def _times(job: TrainingJob) -> dict[str, Any]:
    if job.started is None:
        return {"TrainingEndTime": job.ended} if job.ended else {}
    if job.ended is None:
        return {"TrainingStartTime": job.started}
    seconds = max(1, math.ceil((job.ended - job.started).total_seconds()))
    return {
        "TrainingStartTime": job.started,
        "TrainingEndTime": job.ended,
        "TrainingTimeInSeconds": seconds,
        "BillableTimeInSeconds": seconds,
    }


def _metrics(job: TrainingJob) -> list[dict[str, Any]]:
    return [{"MetricName": metric.name, "Value": metric.value, "Timestamp": metric.time} for metric in job.metrics]
