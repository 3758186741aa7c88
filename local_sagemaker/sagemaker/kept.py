"""Puts together the operations on what is only kept: experiments and lineage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_sagemaker.database import Database
from local_sagemaker.sagemaker.experiments import metric_store
from local_sagemaker.sagemaker.experiments.metric_store import MetricStore
from local_sagemaker.sagemaker.experiments.metrics import MetricsOperations
from local_sagemaker.sagemaker.experiments.operations import (
    COMPONENTS,
    ExperimentOperations,
    TrialComponentOperations,
    TrialOperations,
)
from local_sagemaker.sagemaker.experiments.request_members import EXPERIMENTS, METRICS
from local_sagemaker.sagemaker.lineage.associations import AssociationOperations
from local_sagemaker.sagemaker.lineage.entities import ACTION, ARTIFACT, CONTEXT, ArtifactOperations
from local_sagemaker.sagemaker.lineage.request_members import LINEAGE
from local_sagemaker.sagemaker.plain_records import links
from local_sagemaker.sagemaker.plain_records.links import Links
from local_sagemaker.sagemaker.plain_records.operations import PlainOperations, PlainRecord
from local_sagemaker.sagemaker.resources.answering import Operations
from local_sagemaker.sagemaker.resources.arns import Arns, Kind
from local_sagemaker.sagemaker.resources.table import Resources
from local_sagemaker.sagemaker.resources.tags import Tags

__all__ = ["MEMBERS", "METRICS", "SCHEMA", "kept_operations", "kept_tables"]

SCHEMA = links.SCHEMA + metric_store.SCHEMA

MEMBERS = {**EXPERIMENTS, **LINEAGE}
"""What becomes of the members of their requests."""

_KINDS = (Kind.EXPERIMENT, Kind.TRIAL, Kind.TRIAL_COMPONENT, Kind.ACTION, Kind.ARTIFACT, Kind.CONTEXT)


@dataclass(frozen=True, slots=True)
class Kept:
    """The operations on what is only kept."""

    experiments: tuple[ExperimentOperations, TrialOperations, TrialComponentOperations]
    lineage: Sequence[Operations]
    metrics: MetricsOperations

    @property
    def all(self) -> Sequence[Operations]:
        """All of them that are SageMaker's own: those on metrics are of another service."""
        return (*self.experiments, *self.lineage)


def kept_tables(database: Database) -> dict[Kind, Resources[PlainRecord]]:
    """Make the tables of all kinds that are only kept."""
    return {kind: Resources(database, kind, PlainRecord) for kind in _KINDS}


def kept_operations(database: Database, tables: Mapping[Kind, Resources[PlainRecord]], tags: Tags, arns: Arns) -> Kept:
    """Make the operations on them.

    Parameters
    ----------
    database : Database
        The durable store; its schema includes `SCHEMA`.
    tables : mapping of Kind to Resources of PlainRecord
        The tables.
    tags, arns : Tags, Arns
        As for every resource.
    """

    def described(kind: Kind, name: str) -> Mapping[str, Any] | None:
        record = tables[kind].get(name) if kind in tables else None
        return None if record is None else record.description

    trial_links = Links(database, COMPONENTS)
    experiments = ExperimentOperations(tables[Kind.EXPERIMENT], tables[Kind.TRIAL], tags, arns)
    metrics = MetricStore(database)
    components = TrialComponentOperations(tables[Kind.TRIAL_COMPONENT], trial_links, metrics, tags, arns)
    trials = TrialOperations(tables[Kind.TRIAL], experiments, components, trial_links, tags, arns)
    lineage = (
        PlainOperations(ACTION, tables[Kind.ACTION], tags, arns),
        ArtifactOperations(ARTIFACT, tables[Kind.ARTIFACT], tags, arns),
        PlainOperations(CONTEXT, tables[Kind.CONTEXT], tags, arns),
        AssociationOperations(Links(database, "associations"), described),
    )
    return Kept((experiments, trials, components), lineage, MetricsOperations(metrics, components))
