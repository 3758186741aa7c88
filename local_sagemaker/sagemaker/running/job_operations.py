"""What the API's operations on every kind of job share: a job begins, is stopped, is deleted, outlives no server."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from local_sagemaker.sagemaker.resources import refusals
from local_sagemaker.sagemaker.resources.arns import Kind
from local_sagemaker.sagemaker.resources.operations import ResourceOperations
from local_sagemaker.sagemaker.resources.statuses import INTERRUPTED, JobStatus
from local_sagemaker.sagemaker.resources.table import Resources
from local_sagemaker.sagemaker.resources.tags import Tags
from local_sagemaker.sagemaker.running.handover import Handover
from local_sagemaker.sagemaker.running.instance import ComputeInstance
from local_sagemaker.sagemaker.running.job_records import J, moved
from local_sagemaker.sagemaker.running.jobs import Jobs
from local_sagemaker.sagemaker.running.stopping import StopRequest


class JobOperations(ResourceOperations[J]):
    """The base of each kind of job's operations, over the jobs' records and the threads that run them.

    Parameters
    ----------
    kind : Kind
        The kind of job.
    records : Resources of J
        Their table.
    running : Jobs
        Their threads.
    instance : ComputeInstance
        Where they run.
    tags : Tags
        The tags of all resources.
    """

    def __init__(self, kind: Kind, records: Resources[J], running: Jobs, instance: ComputeInstance, tags: Tags) -> None:
        super().__init__(kind, records, tags, instance.arns)
        self.running = running
        self._instance = instance

    @property
    @abstractmethod
    def _name_member(self) -> str:
        """The member of a request that names the job."""

    def stop(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a Stop operation; what runs gets SIGTERM.

        Raises
        ------
        AwsError
            `ValidationException` if the job is not there or has ended.
        """
        name = request[self._name_member]
        with Handover() as handover, self._records.transaction():
            if self._records.change(name, self._stopping) is None:
                raise refusals.not_found(self._kind, self._arn(name))
            self.running.stop(name, handover)
        return {}

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a Delete operation; what the job has put into S3 and its log stay.

        Raises
        ------
        AwsError
            `ValidationException` if the job is not there, `ResourceInUse` if it has not ended.
        """
        name = request[self._name_member]
        with self._records.transaction():
            status = self.find(name).status
            if not status.ended:
                raise refusals.not_deletable(self._kind, name, status)
            self._remove(name)
        return {}

    def recover(self) -> None:
        """Note, at the server's start, that what was running no longer is."""
        for job in self._records.all():
            if job.status is JobStatus.STOPPING:
                self._records.change(job.name, lambda record: self._moved(record, JobStatus.STOPPED))
            elif job.status is JobStatus.IN_PROGRESS:
                self._records.change(job.name, lambda record: self._moved(record, JobStatus.FAILED, INTERRUPTED))

    def _begin(self, job: J, run: Callable[[StopRequest], None]) -> str:
        """Keep a new job and run it at once; return its ARN."""
        with Handover() as handover, self._records.transaction():
            arn = self._add(job)
            self.running.start(job.name, run, handover)
        return arn

    def _moved(self, job: J, status: JobStatus, reason: str | None = None) -> J:
        """Give a job's record another status; a kind whose record says more than that has its own way."""
        return moved(job, status, reason)

    def _stopping(self, job: J) -> J:
        if job.status is not JobStatus.IN_PROGRESS:
            raise refusals.not_stoppable(self._kind, job.status)
        return self._moved(job, JobStatus.STOPPING)
