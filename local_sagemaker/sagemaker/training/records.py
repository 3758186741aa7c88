"""The record of a training job: what was asked for, and the way it has gone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from local_sagemaker.sagemaker.resources import s3_uris
from local_sagemaker.sagemaker.resources.s3_uris import S3Uri
from local_sagemaker.sagemaker.resources.statuses import INTERNAL, JobStatus, SecondaryStatus
from local_sagemaker.sagemaker.resources.table import now
from local_sagemaker.sagemaker.running.job_records import Job, shortened
from local_sagemaker.sagemaker.training.metrics import Metric

_PRIMARY = {
    SecondaryStatus.STOPPING: JobStatus.STOPPING,
    SecondaryStatus.STOPPED: JobStatus.STOPPED,
    SecondaryStatus.MAX_RUNTIME_EXCEEDED: JobStatus.STOPPED,
    SecondaryStatus.COMPLETED: JobStatus.COMPLETED,
    SecondaryStatus.FAILED: JobStatus.FAILED,
}
"""The status that goes with a secondary status; InProgress with all others."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One secondary status, from when until when."""

    status: SecondaryStatus
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingJob(Job):
    """A training job.

    `has_model` is set once its model artefact is in S3; `tuning_job` is an ARN; `region` the one that it was asked for
    in, None in records of earlier versions.
    """

    transitions: tuple[Transition, ...]
    has_model: bool = False
    tuning_job: str | None = None
    region: str | None = None
    metrics: tuple[Metric, ...] = ()

    @property
    def secondary_status(self) -> SecondaryStatus:
        """What the job is doing."""
        return self.transitions[-1].status

    @property
    def is_restartable(self) -> bool:
        """Whether its RetryStrategy has a try left for a failure that is none of its own doing."""
        tries: int = self.request.get("RetryStrategy", {}).get("MaximumRetryAttempts", 0)
        used = sum(transition.status is SecondaryStatus.RESTARTING for transition in self.transitions)
        return self.status is JobStatus.IN_PROGRESS and used < tries

    @property
    def output(self) -> S3Uri:
        """Where the job's output goes."""
        return s3_uris.parse(self.request["OutputDataConfig"]["S3OutputPath"]) / f"{self.name}/output"


def entered(job: TrainingJob, status: SecondaryStatus, reason: str | None = None) -> TrainingJob:
    """Move a job on. One that is stopping only moves to an end; one that has ended stays as it is.

    A script that comes to its end when the job was just told to stop has been stopped: Stopping is followed by Stopped.
    Instead of failing with an InternalServerError a job is restarted, as often as its RetryStrategy says.
    """
    if status is SecondaryStatus.FAILED and (reason or "").startswith(INTERNAL) and job.is_restartable:
        status, reason = SecondaryStatus.RESTARTING, None
    if job.status is JobStatus.STOPPING and status is SecondaryStatus.COMPLETED:
        status = SecondaryStatus.STOPPED
    primary = _PRIMARY.get(status, JobStatus.IN_PROGRESS)
    if job.status.ended or (job.status is JobStatus.STOPPING and not primary.ended):
        return job
    time = now()
    last = replace(job.transitions[-1], end=time)
    final = (Transition(status, time, time if primary.ended else None),)
    return replace(
        job,
        status=primary,
        transitions=(*job.transitions[:-1], last, *final),
        failure_reason=shortened(reason),
        started=job.started or (time if status is SecondaryStatus.DOWNLOADING else None),
        ended=time if primary.ended else None,
    )
