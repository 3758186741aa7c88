"""What is told of a tuning job's training jobs: each one's summary, their counts, and the best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from local_sagemaker.sagemaker.resources.statuses import JobStatus
from local_sagemaker.sagemaker.training.records import TrainingJob
from local_sagemaker.sagemaker.tuning.records import Trial, TuningJob

_COUNTED = {
    JobStatus.COMPLETED: "Completed",
    JobStatus.IN_PROGRESS: "InProgress",
    JobStatus.STOPPING: "InProgress",
    JobStatus.STOPPED: "Stopped",
    JobStatus.FAILED: "NonRetryableError",
}


class ObjectiveStatus(StrEnum):
    """Whether a training job's objective is known."""

    SUCCEEDED = "Succeeded"
    PENDING = "Pending"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A training job of a tuning job, and what it has come to.

    Parameters
    ----------
    trial : Trial
        What was tried.
    job : TrainingJob
        The training job's record.
    objective : mapping of str to str
        What it is judged by: `Type` and `MetricName`.
    """

    trial: Trial
    job: TrainingJob
    objective: Mapping[str, str]

    @property
    def value(self) -> float | None:
        """The last value of the objective; None without one, or before the end."""
        metrics = {metric.name: metric.value for metric in self.job.metrics} if self.job.status.ended else {}
        return metrics.get(self.objective["MetricName"])

    @property
    def maximize(self) -> bool:
        """Whether a greater value is better."""
        return self.objective["Type"] == "Maximize"

    @property
    def status(self) -> ObjectiveStatus:
        """Whether the objective is known. A training job that failed has none, whatever it said before."""
        if not self.job.status.ended:
            return ObjectiveStatus.PENDING
        good = self.value is not None and self.job.status is not JobStatus.FAILED
        return ObjectiveStatus.SUCCEEDED if good else ObjectiveStatus.FAILED

    def summary(self, arn: str, tuning_job: str) -> dict[str, Any]:
        """Describe it as HyperParameterTrainingJobSummary."""
        job, final = self.job, {**self.objective, "Value": self.value}
        return {
            "TrainingJobName": job.name,
            "TrainingJobArn": arn,
            "TuningJobName": tuning_job,
            "CreationTime": job.created,
            "TrainingJobStatus": job.status,
            "TunedHyperParameters": dict(self.trial.tuned),
            "ObjectiveStatus": self.status,
            **({"TrainingJobDefinitionName": self.trial.definition} if self.trial.definition else {}),
            **({"TrainingStartTime": job.started} if job.started else {}),
            **({"TrainingEndTime": job.ended} if job.ended else {}),
            **({"FailureReason": job.failure_reason} if job.failure_reason else {}),
            **({"FinalHyperParameterTuningJobObjectiveMetric": final} if self.value is not None else {}),
        }


def outcomes(tuning: TuningJob, jobs: Mapping[str, TrainingJob]) -> list[Outcome]:
    """Put trials and their training jobs' records together; one whose training job was deleted is left out."""
    return [
        Outcome(trial, jobs[trial.name], tuning.objective(trial.definition))
        for trial in tuning.trials
        if trial.name in jobs
    ]


def counters(found: Sequence[Outcome]) -> dict[str, dict[str, int]]:
    """Count training jobs by where they are, and objectives by whether they are known."""
    jobs = Counter("RetryableError" if one.trial.retried else _COUNTED[one.job.status] for one in found)
    objectives = Counter(one.status for one in found)
    names = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
    return {
        "TrainingJobStatusCounters": {name: jobs[name] for name in names},
        "ObjectiveStatusCounters": {status: objectives[status] for status in ObjectiveStatus},
    }


def best(found: Iterable[Outcome]) -> Outcome | None:
    """Find the training job with the best objective; the first of several that are equal."""
    good = [(one.value, one) for one in found if one.status is ObjectiveStatus.SUCCEEDED and one.value is not None]
    return max(good, key=lambda pair: pair[0] if pair[1].maximize else -pair[0])[1] if good else None
