"""CreateTrainingJob, DescribeTrainingJob, ListTrainingJobs, StopTrainingJob and DeleteTrainingJob."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from local_sagemaker.http.region import RequestOf
from local_sagemaker.protocol.json_service import Handler
from local_sagemaker.sagemaker.resources.arns import Kind
from local_sagemaker.sagemaker.resources.clusters import selected
from local_sagemaker.sagemaker.resources.limits import TRAINING_DEFAULT_SECONDS
from local_sagemaker.sagemaker.resources.statuses import JobStatus, SecondaryStatus
from local_sagemaker.sagemaker.resources.table import Resources, now
from local_sagemaker.sagemaker.resources.tags import Tags
from local_sagemaker.sagemaker.running.handover import Handover
from local_sagemaker.sagemaker.running.instance import ComputeInstance
from local_sagemaker.sagemaker.running.job_operations import JobOperations
from local_sagemaker.sagemaker.running.jobs import Jobs
from local_sagemaker.sagemaker.running.stopping import StopRequest
from local_sagemaker.sagemaker.training.metrics import Metric, MetricSeries, definitions_of
from local_sagemaker.sagemaker.training.records import TrainingJob, Transition, entered
from local_sagemaker.sagemaker.training.requests import check_training
from local_sagemaker.sagemaker.training.run import TrainingRun

_NOT_DESCRIBED = ("Tags",)


def _ignored(_: Metric) -> None:
    """Do nothing with a metric: nobody waits for it."""


class TrainingJobOperations(JobOperations[TrainingJob]):
    """The operations on training jobs."""

    def __init__(self, records: Resources[TrainingJob], running: Jobs, instance: ComputeInstance, tags: Tags) -> None:
        super().__init__(Kind.TRAINING_JOB, records, running, instance, tags)
        self.series = MetricSeries()

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
        return {"TrainingJobArn": self.start(request)}

    def start(
        self,
        request: Mapping[str, Any],
        tuning_job: str | None = None,
        heard: Callable[[Metric], None] = _ignored,
    ) -> str:
        """Start a training job and return its ARN.

        Parameters
        ----------
        request : mapping
            A CreateTrainingJob request.
        tuning_job : str or None
            The ARN of the tuning job that it belongs to.
        heard : callable
            Gets each value of a metric as soon as the script has said it, in a thread of the job.

        Raises
        ------
        AwsError
            See `create`.
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
            tuning_job=tuning_job,
            region=self._arns.region,
        )
        return self._begin(job, self._run_of(job, heard))

    def recover(self) -> None:
        """Note, at the server's start, that what was running no longer is; what is to be restarted runs again."""
        super().recover()
        for job in self._records.all():
            if job.status is JobStatus.IN_PROGRESS:
                with RequestOf(job.region or self._arns.region), Handover() as handover:
                    self.running.start(job.name, self._run_of(job), handover)

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
            **({"TuningJobArn": job.tuning_job} if job.tuning_job else {}),
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

    def _run_of(self, job: TrainingJob, heard: Callable[[Metric], None] = _ignored) -> Callable[[StopRequest], None]:
        def take(metric: Metric) -> None:
            self.series.add(job.name, [metric])
            heard(metric)

        return TrainingRun(job, self._records, self._instance, take).run

    @property
    def _name_member(self) -> str:
        return "TrainingJobName"

    def _moved(self, job: TrainingJob, status: JobStatus, reason: str | None = None) -> TrainingJob:
        return entered(job, SecondaryStatus(status), reason)


def _filled_in(request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer with AWS's defaults where a request says nothing: clients count on finding them."""
    cluster = request.get("ResourceConfig")
    channels = {"InputDataConfig": [_channel(channel) for channel in request.get("InputDataConfig", ())]}
    return {
        "AlgorithmSpecification": {
            "EnableSageMakerMetricsTimeSeries": False,
            **_metric_definitions(request),
            **request["AlgorithmSpecification"],
        },
        "OutputDataConfig": {"KmsKeyId": "", "CompressionType": "GZIP", **request["OutputDataConfig"]},
        "StoppingCondition": {
            "MaxRuntimeInSeconds": TRAINING_DEFAULT_SECONDS,
            **request.get("StoppingCondition", {}),
        },
        **({"ResourceConfig": {**cluster, **selected(cluster)}} if cluster else {}),
        **(channels if "InputDataConfig" in request else {}),
    }


def _metric_definitions(request: Mapping[str, Any]) -> dict[str, Any]:
    definitions = definitions_of(request)
    return {"MetricDefinitions": definitions} if definitions else {}


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
