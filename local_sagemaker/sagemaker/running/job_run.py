"""One run of a job in a thread, whatever the job does: it comes to an end that its record shows."""

from __future__ import annotations

import logging
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Generic

from local_sagemaker.sagemaker.resources.clusters import chosen
from local_sagemaker.sagemaker.resources.statuses import INTERNAL, JobStatus
from local_sagemaker.sagemaker.resources.table import Resources
from local_sagemaker.sagemaker.running.job_records import J, moved
from local_sagemaker.sagemaker.running.log_streams import LogStream
from local_sagemaker.sagemaker.running.retrying import until_done
from local_sagemaker.sagemaker.running.stopping import Stopped, StopReason, StopRequest

_log = logging.getLogger(__name__)

INSTANCE = "algo-1"
"""The one host of a job, as its containers and its log know it."""


class JobFailed(Exception):
    """The job is Failed; the message is its FailureReason."""


class JobRun(ABC, Generic[J]):
    """Runs one job in the calling thread, and keeps its record up to date.

    Parameters
    ----------
    job : J
        The job's record, just created.
    jobs : Resources of J
        Where the record is kept.
    """

    def __init__(self, job: J, jobs: Resources[J]) -> None:
        self._job = job
        self._jobs = jobs

    def run(self, stop: StopRequest) -> None:
        """Run the job to an end that its record shows; whatever goes wrong, it is not left in progress.

        When the server shuts down the record stays as it is: the next start finds the job interrupted.
        """
        try:
            self._attempt(stop)
        except JobFailed as error:
            self._end(JobStatus.FAILED, str(error))
        except Exception as error:
            _log.exception("%s", self._named)
            self._end(JobStatus.FAILED, f"{INTERNAL}: {type(error).__name__}: {error}")
        finally:
            self._clean()

    @abstractmethod
    def _work(self, stop: StopRequest) -> None:
        """Do all that the job is to do; raises `JobFailed`, or `Stopped` where it notices that it is to stop."""

    def _stopped(self, reason: StopReason | None) -> None:
        """End a job that was asked to stop."""
        self._end(JobStatus.STOPPED)

    def _ended(self, job: J, status: JobStatus, reason: str | None) -> J:
        """Change a job's record to its end."""
        return moved(job, status, reason)

    def _say_all(self) -> None:
        """Bring out the last line of what the job has to say, before its record shows the end."""
        return

    def _clean(self) -> None:
        """Leave nothing behind, after the end."""
        return

    def _end(self, status: JobStatus, reason: str | None = None) -> None:
        self._write_end(lambda job: self._ended(job, status, reason))

    def _write_end(self, end: Callable[[J], J]) -> None:
        self._say_all()
        until_done(f"the end of {self._named}", lambda: self._jobs.change(self._job.name, end))

    def _attempt(self, stop: StopRequest) -> None:
        try:
            self._work(stop)
        except Stopped:
            if stop.reason is not StopReason.SHUT_DOWN:
                self._stopped(stop.reason)
        else:
            self._end(JobStatus.COMPLETED)

    @property
    def _named(self) -> str:
        return f"{type(self._job).__name__} {self._job.name}"


class ContainerRun(JobRun[J]):
    """The run of a job whose containers write files and a log.

    Parameters
    ----------
    job, jobs
        See `JobRun`.
    directory : Path
        Where it works; removed at the end.
    log : LogStream
        Its log.
    """

    def __init__(self, job: J, jobs: Resources[J], directory: Path, log: LogStream) -> None:
        super().__init__(job, jobs)
        self._directory = directory
        self._log = log

    def _say_all(self) -> None:
        """Write out the log, so that who sees the end sees its last line."""
        self._log.close()

    def _clean(self) -> None:
        self._log.close()
        shutil.rmtree(self._directory, ignore_errors=True)


def resource_config(cluster: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the one instance as `resourceconfig.json` does."""
    choice = chosen(cluster)
    group = {"instance_group_name": choice.group, "instance_type": choice.instance_type, "hosts": [INSTANCE]}
    return {
        "current_host": INSTANCE,
        "current_instance_type": choice.instance_type,
        "current_group_name": choice.group,
        "hosts": [INSTANCE],
        "instance_groups": [group],
        "network_interface_name": "lo",
    }
