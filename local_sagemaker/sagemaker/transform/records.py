"""The record of a transform job: what was asked for, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from local_sagemaker.sagemaker.resources.limits import REASON_CHARACTERS
from local_sagemaker.sagemaker.resources.statuses import JobStatus
from local_sagemaker.sagemaker.resources.table import Resource, now


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformJob(Resource):
    """A transform job."""

    status: JobStatus
    failure_reason: str | None = None
    started: datetime | None = None
    ended: datetime | None = None

    @property
    def state(self) -> str:
        return self.status


def started(job: TransformJob) -> TransformJob:
    """Note that the containers are up."""
    return replace(job, started=now())


def ended(job: TransformJob, status: JobStatus, reason: str | None = None) -> TransformJob:
    """Bring a job to its end; one that has ended stays as it is, and one that was told to stop has not completed."""
    if job.status.ended:
        return job
    if job.status is JobStatus.STOPPING and status is JobStatus.COMPLETED:
        status = JobStatus.STOPPED
    return replace(job, status=status, ended=now(), failure_reason=reason[:REASON_CHARACTERS] if reason else None)
