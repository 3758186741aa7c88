"""The statuses of jobs, as the API has them."""

from __future__ import annotations

from enum import StrEnum


class JobStatus(StrEnum):
    """Where a training or transform job is."""

    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPING = "Stopping"
    STOPPED = "Stopped"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to the job."""
        return self not in (JobStatus.IN_PROGRESS, JobStatus.STOPPING)


class SecondaryStatus(StrEnum):
    """What a training job is doing."""

    STARTING = "Starting"
    DOWNLOADING = "Downloading"
    TRAINING = "Training"
    UPLOADING = "Uploading"
    RESTARTING = "Restarting"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    MAX_RUNTIME_EXCEEDED = "MaxRuntimeExceeded"
    COMPLETED = "Completed"
    FAILED = "Failed"

    @property
    def message(self) -> str:
        """The `StatusMessage` of a transition to it."""
        return _MESSAGES[self]


_MESSAGES = {
    SecondaryStatus.STARTING: "Starting the training job",
    SecondaryStatus.DOWNLOADING: "Downloading input data",
    SecondaryStatus.TRAINING: "Training in progress",
    SecondaryStatus.UPLOADING: "Uploading generated training model",
    SecondaryStatus.RESTARTING: "Restarting the training job",
    SecondaryStatus.STOPPING: "Stopping the training job",
    SecondaryStatus.STOPPED: "Training job stopped",
    SecondaryStatus.MAX_RUNTIME_EXCEEDED: "Training job runtime exceeded MaxRuntimeInSeconds provided",
    SecondaryStatus.COMPLETED: "Training job completed",
    SecondaryStatus.FAILED: "Training job failed",
}

INTERNAL = "InternalServerError"
"""What the FailureReason of a job begins with that did not fail by its own doing."""

INTERRUPTED = f"{INTERNAL}: the local SageMaker stopped while the job was running. Start the job again."
"""FailureReason of a job that was running when the server ended."""
