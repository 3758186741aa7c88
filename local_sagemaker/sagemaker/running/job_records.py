"""What the record of every job has: where it is, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from local_sagemaker.sagemaker.resources.limits import REASON_CHARACTERS
from local_sagemaker.sagemaker.resources.statuses import JobStatus
from local_sagemaker.sagemaker.resources.table import Resource, now


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Resource):
    """A job."""

    status: JobStatus
    failure_reason: str | None = None
    started: datetime | None = None
    ended: datetime | None = None

    @property
    def state(self) -> str:
        return self.status


J = TypeVar("J", bound=Job)


def started(job: J) -> J:
    """Note that what the job runs has begun."""
    return replace(job, started=now())


def moved(job: J, status: JobStatus, reason: str | None = None) -> J:
    """Give a job another status. One that has ended stays as it is, and one that was told to stop has not completed."""
    if job.status.ended:
        return job
    if job.status is JobStatus.STOPPING and status is JobStatus.COMPLETED:
        status = JobStatus.STOPPED
    return replace(job, status=status, ended=now() if status.ended else None, failure_reason=shortened(reason))


def shortened(reason: str | None) -> str | None:
    """Cut a FailureReason to the length that AWS gives it."""
    return reason[:REASON_CHARACTERS] if reason else None
