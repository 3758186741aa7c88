"""The operations on experiments, trials and trial components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from local_sagemaker.protocol.json_service import Handler
from local_sagemaker.sagemaker.experiments.metric_store import MetricStore
from local_sagemaker.sagemaker.experiments.statistics import summary
from local_sagemaker.sagemaker.plain_records.links import Links
from local_sagemaker.sagemaker.plain_records.operations import PlainKind, PlainOperations, PlainRecord
from local_sagemaker.sagemaker.resources import refusals
from local_sagemaker.sagemaker.resources.arns import Arns, Kind
from local_sagemaker.sagemaker.resources.table import Resources
from local_sagemaker.sagemaker.resources.tags import Tags

COMPONENTS = "trial components"
"""The sort of links from a trial component to its trials."""

_IN_EXPERIMENT = "json_extract(record, '$.description.ExperimentName') = ?"
_OF_COMPONENT = "name IN (SELECT destination FROM sagemaker_links WHERE of = 'trial components' AND source = ?)"
_OF_TRIAL = "name IN (SELECT source FROM sagemaker_links WHERE of = 'trial components' AND destination = ?)"
_OF_EXPERIMENT = (
    "name IN (SELECT source FROM sagemaker_links WHERE of = 'trial components' AND destination IN (SELECT name "
    "FROM sagemaker_resources WHERE kind = 'experiment-trial' "
    "AND json_extract(record, '$.description.ExperimentName') = ?))"
)
_EMPTY: Mapping[str, Any] = {"Parameters": {}, "InputArtifacts": {}, "OutputArtifacts": {}, "Metrics": []}
"""What `Search` says of a trial component that has none of them; the SDK's ExperimentAnalytics counts on it."""

_NO_SOURCE = "? IS NULL"
"""No trial component is made of a job here."""

EXPERIMENT = PlainKind(
    Kind.EXPERIMENT,
    "Experiment",
    "ExperimentName",
    "ExperimentArn",
    ("DisplayName",),
    ("DisplayName", "Description"),
    maps={},
    filters={},
)
TRIAL = PlainKind(
    Kind.TRIAL,
    "Trial",
    "TrialName",
    "TrialArn",
    ("DisplayName",),
    ("DisplayName",),
    maps={},
    filters={"ExperimentName": _IN_EXPERIMENT, "TrialComponentName": _OF_COMPONENT},
)
TRIAL_COMPONENT = PlainKind(
    Kind.TRIAL_COMPONENT,
    "TrialComponent",
    "TrialComponentName",
    "TrialComponentArn",
    ("DisplayName", "Status", "StartTime", "EndTime"),
    ("DisplayName", "Status", "StartTime", "EndTime"),
    maps={
        "Parameters": "ParametersToRemove",
        "InputArtifacts": "InputArtifactsToRemove",
        "OutputArtifacts": "OutputArtifactsToRemove",
    },
    filters={"TrialName": _OF_TRIAL, "ExperimentName": _OF_EXPERIMENT, "SourceArn": _NO_SOURCE},
)


class ExperimentOperations(PlainOperations):
    """The operations on experiments."""

    def __init__(
        self, experiments: Resources[PlainRecord], trials: Resources[PlainRecord], tags: Tags, arns: Arns
    ) -> None:
        super().__init__(EXPERIMENT, experiments, tags, arns)
        self._trials = trials

    def check_unused(self, name: str) -> None:
        """Refuse to delete an experiment that has trials, as AWS does."""
        if self._trials.any(_IN_EXPERIMENT, name):
            raise refusals.invalid(f"Experiment '{name}' has trials: delete them first.")


class TrialOperations(PlainOperations):
    """The operations on trials, and on the components that they have.

    Parameters
    ----------
    trials : Resources of PlainRecord
        Their table.
    experiments, components : PlainOperations
        Tell if there is an experiment, or a component.
    links : Links
        From components to trials.
    tags, arns : Tags, Arns
        As for every resource.
    """

    def __init__(
        self,
        trials: Resources[PlainRecord],
        experiments: PlainOperations,
        components: PlainOperations,
        links: Links,
        tags: Tags,
        arns: Arns,
    ) -> None:
        super().__init__(TRIAL, trials, tags, arns)
        self._experiments = experiments
        self._components = components
        self._links = links

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {
            **super().handlers,
            "AssociateTrialComponent": self.associate,
            "DisassociateTrialComponent": self.disassociate,
        }

    def create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer CreateTrial; raises `ResourceNotFound` if there is no such experiment."""
        with self._records.transaction():
            self._experiments.find(request["ExperimentName"])
            return super().create(request)

    def check_unused(self, name: str) -> None:
        """Refuse to delete a trial that has components, as AWS does."""
        if self._links.to(name):
            raise refusals.invalid(f"Trial '{name}' has trial components: disassociate them first.")

    def associate(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer AssociateTrialComponent."""
        with self._records.transaction():
            answer = self._both(request)
            self._links.add(request["TrialComponentName"], request["TrialName"])
        return answer

    def disassociate(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DisassociateTrialComponent."""
        with self._records.transaction():
            answer = self._both(request)
            self._links.remove(request["TrialComponentName"], request["TrialName"])
        return answer

    def with_parents(self, components: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Add to described components the trials that they belong to, with their experiments, as `Search` has them."""
        trials = {trial.name: trial for trial in self._records.all()}
        found: list[Mapping[str, Any]] = []
        for component in components:
            of = [link.destination for link in self._links.from_(component["TrialComponentName"])]
            parents = [_parent(trials[name]) for name in of if name in trials]
            found.append({**_EMPTY, **component, "Parents": parents})
        return found

    def _both(self, request: Mapping[str, Any]) -> dict[str, Any]:
        component = self._components.find(request["TrialComponentName"])
        trial = self.find(request["TrialName"])
        arn = self._arns.of(Kind.TRIAL_COMPONENT, component.name)
        return {"TrialComponentArn": arn, "TrialArn": self._arn(trial.name)}


def _parent(trial: PlainRecord) -> dict[str, str]:
    return {"TrialName": trial.name, "ExperimentName": trial.description["ExperimentName"]}


class TrialComponentOperations(PlainOperations):
    """The operations on trial components, which are described with what was logged of their metrics.

    Parameters
    ----------
    components : Resources of PlainRecord
        Their table.
    links : Links
        From components to trials.
    metrics : MetricStore
        The values of their metrics.
    tags, arns : Tags, Arns
        As for every resource.
    """

    def __init__(
        self, components: Resources[PlainRecord], links: Links, metrics: MetricStore, tags: Tags, arns: Arns
    ) -> None:
        super().__init__(TRIAL_COMPONENT, components, tags, arns)
        self._links = links
        self._metrics = metrics

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DescribeTrialComponent."""
        described = super().describe(request)
        name = described["TrialComponentName"]
        metrics = [summary(self._arn(name), metric, values) for metric, values in self._metrics.of(name).items()]
        return {**described, **({"Metrics": metrics} if metrics else {})}

    def check_unused(self, name: str) -> None:
        """Refuse to delete a component that belongs to a trial, as AWS does."""
        if self._links.from_(name):
            raise refusals.invalid(f"TrialComponent '{name}' belongs to trials: disassociate it first.")

    def _remove(self, name: str) -> None:
        with self._records.transaction():
            super()._remove(name)
            self._metrics.remove(name)
