"""The record of a tuning job: what was asked for, and the training jobs that it started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_sagemaker.sagemaker.running.job_records import Job


@dataclass(frozen=True, slots=True)
class Trial:
    """One training job of a tuning job.

    Parameters
    ----------
    name : str
        The training job's name.
    tuned : mapping of str to str
        The hyperparameters that were chosen for it.
    definition : str or None
        The training job definition that it was made from, where it has a name.
    retried : bool
        Whether another training job has taken its place.
    """

    name: str
    tuned: Mapping[str, str]
    definition: str | None = None
    retried: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningJob(Job):
    """A tuning job."""

    trials: tuple[Trial, ...] = ()

    @property
    def config(self) -> Mapping[str, Any]:
        """The request's HyperParameterTuningJobConfig."""
        config: Mapping[str, Any] = self.request["HyperParameterTuningJobConfig"]
        return config

    @property
    def definitions(self) -> Sequence[Mapping[str, Any]]:
        """The request's training job definitions, one or several."""
        return definitions_of(self.request)

    def objective(self, definition: str | None) -> Mapping[str, str]:
        """What is to be made great or small by a definition's training jobs: `Type` and `MetricName`."""
        for given in self.definitions:
            if given.get("DefinitionName") == definition:
                return objective_of(self.request, given)
        raise KeyError(definition)


def definitions_of(request: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Give the training job definitions of a request."""
    several: Sequence[Mapping[str, Any]] = request.get("TrainingJobDefinitions", ())
    return several or [request["TrainingJobDefinition"]]


def objective_of(request: Mapping[str, Any], definition: Mapping[str, Any]) -> Mapping[str, str]:
    """Find the objective of a definition: its own, else the tuning job's; empty if there is none."""
    common = request["HyperParameterTuningJobConfig"].get("HyperParameterTuningJobObjective", {})
    objective: Mapping[str, str] = definition.get("TuningObjective", common)
    return objective


def ranges_of(request: Mapping[str, Any], definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """Find the parameter ranges of a definition: its own, else the tuning job's."""
    common = request["HyperParameterTuningJobConfig"].get("ParameterRanges", {})
    ranges: Mapping[str, Any] = definition.get("HyperParameterRanges", common)
    return ranges
