"""The endpoint and what is deployed on it now: read with boto3 alone, so that commands which only look stay quick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import botocore.exceptions

from pipeline.errors import NotReady
from pipeline.jobs.container_environment import RUN_VARIABLE

if TYPE_CHECKING:
    from pipeline.aws.session import Session


@dataclass(frozen=True, slots=True)
class DeployedContainer:
    """One container of the deployed model."""

    hostname: str
    image: str
    artefact: str
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DeployedEndpoint:
    """The endpoint and the model behind it."""

    endpoint: str
    status: str
    reason: str | None
    changed: datetime
    model: str
    containers: tuple[DeployedContainer, ...]

    @property
    def run(self) -> str | None:
        """The run that it serves."""
        return self.containers[0].environment.get(RUN_VARIABLE)


def find(session: Session) -> DeployedEndpoint | None:
    """Describe the endpoint, or return None where there is none."""
    try:
        endpoint = session.sagemaker.describe_endpoint(EndpointName=session.name)
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "ValidationException":
            return None
        raise
    config = session.sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    model = session.sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    definitions = model.get("Containers") or [model["PrimaryContainer"]]
    return DeployedEndpoint(
        endpoint=session.name,
        status=endpoint["EndpointStatus"],
        reason=endpoint.get("FailureReason"),
        changed=endpoint["LastModifiedTime"],
        model=model["ModelName"],
        containers=tuple(
            DeployedContainer(
                hostname=item.get("ContainerHostname", ""),
                image=item.get("Image", ""),
                artefact=item.get("ModelDataUrl", ""),
                environment=item.get("Environment", {}),
            )
            for item in definitions
        ),
    )


def not_deployed(session: Session) -> NotReady:
    """What to say where an endpoint is needed and there is none."""
    return NotReady(
        f"There is no endpoint {session.name!r} on target {session.target.name}: run `make deploy-pipeline` first."
    )
