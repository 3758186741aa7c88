"""Endpoints as they are kept: what each runs, with all that is needed to run it, and what it is on the way to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from local_sagemaker.sagemaker.models.records import ContainerDefinition
from local_sagemaker.sagemaker.resources.limits import REASON_CHARACTERS
from local_sagemaker.sagemaker.resources.table import Resource, now

_DEFAULT_STARTUP_SECONDS = 240.0


@dataclass(frozen=True, slots=True)
class VariantPlan:
    """One production variant, with all that is needed to run it even when its model and configuration are deleted."""

    name: str
    containers: tuple[ContainerDefinition, ...]
    settings: Mapping[str, Any]
    """The variant as the endpoint configuration has it."""

    @property
    def weight(self) -> float:
        """The variant's share of the traffic, relative to the others'."""
        return float(self.settings.get("InitialVariantWeight", 1.0))

    @property
    def instance_count(self) -> int:
        """How many instances it is said to have; one runs."""
        return int(self.settings.get("InitialInstanceCount", 1))

    @property
    def serverless(self) -> Mapping[str, Any] | None:
        """Its `ServerlessConfig`, where it has one instead of instances."""
        config: Mapping[str, Any] | None = self.settings.get("ServerlessConfig")
        return config

    @property
    def startup_seconds(self) -> float:
        """How long its containers may take until they answer their health check."""
        return float(self.settings.get("ContainerStartupHealthCheckTimeoutInSeconds", _DEFAULT_STARTUP_SECONDS))


@dataclass(frozen=True, slots=True)
class Plan:
    """What an endpoint is to run."""

    config_name: str
    variants: tuple[VariantPlan, ...]
    resolved: datetime | None = None
    """When the images were looked up."""
    copies: str = "0"
    """The directory, within the endpoint's, that its artefacts are copied to."""
    capture: Mapping[str, Any] | None = None
    """The `DataCaptureConfig`."""
    asynchronous: Mapping[str, Any] | None = None
    """The `AsyncInferenceConfig`; an endpoint that has one takes `InvokeEndpointAsync` alone."""


class EndpointStatus(StrEnum):
    """The statuses of SageMaker that an endpoint can have here."""

    CREATING = "Creating"
    IN_SERVICE = "InService"
    UPDATING = "Updating"
    SYSTEM_UPDATING = "SystemUpdating"
    """Being brought back after the server was away."""
    DELETING = "Deleting"
    FAILED = "Failed"


class VariantStatus(StrEnum):
    """The stages of a deployment that is under way."""

    CREATING = "Creating"
    ACTIVATING_TRAFFIC = "ActivatingTraffic"
    BAKING = "Baking"


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a deployment is, and since when."""

    status: VariantStatus
    since: datetime
    begun: datetime
    """When the deployment was begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(Resource):
    """An endpoint: what it runs, and what it is on the way to."""

    status: EndpointStatus
    deployed: Plan | None = None
    pending: Plan | None = None
    failure_reason: str | None = None
    deployment_config: Mapping[str, Any] | None = None
    """The last `DeploymentConfig` that the endpoint was given."""
    stage: Stage | None = None
    """Of the deployment that is under way."""

    @property
    def state(self) -> str:
        return self.status

    def serving(self, plan: Plan) -> Endpoint:
        """Be in service with a plan; an update to another may still be under way."""
        pending = self.pending if self.pending != plan else None
        status = EndpointStatus.IN_SERVICE if pending is None else EndpointStatus.UPDATING
        return replace(self, status=status, deployed=plan, pending=pending, stage=None)

    def at_stage(self, status: VariantStatus) -> Endpoint:
        """Be at a stage of a deployment."""
        time = now()
        return replace(self, stage=Stage(status, time, self.stage.begun if self.stage else time))

    def failed(self, reason: str) -> Endpoint:
        """Be out of service for good."""
        return replace(self, status=EndpointStatus.FAILED, failure_reason=reason[:REASON_CHARACTERS])
