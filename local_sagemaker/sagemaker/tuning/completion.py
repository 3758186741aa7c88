"""When a tuning job is done, and when it leads to nothing: what has become of its training jobs so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_sagemaker.sagemaker.resources.statuses import JobStatus
from local_sagemaker.sagemaker.tuning.summaries import ObjectiveStatus, Outcome, best

_ENOUGH_FAILURES = 5
"""When so many training jobs have ended and none has a value of the objective, no other is started."""

_ALL_FAILED = "All training jobs failed. Please take a look at the training jobs failures to get more details."
_NO_OBJECTIVE = (
    "No objective metrics found after running {} training jobs. Please ensure that the custom algorithm is emitting "
    "the objective metric as defined by the regular expression provided."
)


class Progress:
    """What is known of a tuning job's training jobs.

    Parameters
    ----------
    config : mapping
        The HyperParameterTuningJobConfig.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.started = 0
        self._criteria = config.get("TuningJobCompletionCriteria", {})
        self._ended: list[Outcome] = []

    def hear(self, outcome: Outcome) -> None:
        """Take the outcome of a training job that has ended."""
        self._ended.append(outcome)

    @property
    def done(self) -> bool:
        """Whether the tuning job's own criteria are met, and no other training job is needed."""
        found = best(self._ended)
        return found is not None and (self._reached(found) or self._stagnates(found))

    def fruitless(self, final: bool) -> str | None:
        """Say why the tuning job has failed, if it has; `final` when no other training job will follow."""
        if any(one.status is ObjectiveStatus.SUCCEEDED for one in self._ended):
            return None
        if len(self._ended) < (1 if final else _ENOUGH_FAILURES):
            return None
        if all(one.job.status is JobStatus.FAILED for one in self._ended):
            return _ALL_FAILED
        return _NO_OBJECTIVE.format(len(self._ended))

    def _reached(self, found: Outcome) -> bool:
        target = self._criteria.get("TargetObjectiveMetricValue")
        if target is None or found.value is None:
            return False
        sign = 1.0 if found.maximize else -1.0
        return sign * found.value >= sign * float(target)

    def _stagnates(self, found: Outcome) -> bool:
        most = self._criteria.get("BestObjectiveNotImproving", {}).get("MaxNumberOfTrainingJobsNotImproving")
        return isinstance(most, int) and len(self._ended) - 1 - self._ended.index(found) >= most
