"""What is deployed now: read with boto3 alone, so that commands which only look stay quick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.endpoint import describe, is_ours, not_ours
from pipeline.errors import NotReady

if TYPE_CHECKING:
    from pipeline.session import Session

IMAGE_VERSION = "1.9-0"
"""Of the AWS scikit-learn image that both containers are made for."""
RUN_VARIABLE = "PIPELINE_RUN"
"""In a container's environment: the run whose model it serves."""
CODE_VARIABLE = "PIPELINE_CODE_SHA256"
"""In a container's environment: the digest of the code that serves it."""


@dataclass(frozen=True, slots=True)
class ServingContainer:
    """One container of the deployed model."""

    hostname: str
    image: str
    artefact: str
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Deployed:
    """The endpoint and the model behind it."""

    endpoint: str
    is_ours: bool
    """Whether it carries this pipeline's tag; the name alone could be anybody's."""
    status: str
    reason: str | None
    changed: datetime
    model: str
    containers: tuple[ServingContainer, ...]

    @property
    def run(self) -> str | None:
        """The run that it serves."""
        return self.containers[0].environment.get(RUN_VARIABLE)


def find(session: Session) -> Deployed | None:
    """Describe the endpoint, or return None where there is none."""
    endpoint = describe(session)
    if endpoint is None:
        return None
    config = session.sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    model = session.sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    definitions = model.get("Containers") or [model["PrimaryContainer"]]
    return Deployed(
        endpoint=session.name,
        is_ours=is_ours(session, endpoint["EndpointArn"]),
        status=endpoint["EndpointStatus"],
        reason=endpoint.get("FailureReason"),
        changed=endpoint["LastModifiedTime"],
        model=model["ModelName"],
        containers=tuple(
            ServingContainer(
                hostname=item.get("ContainerHostname", ""),
                image=item.get("Image", ""),
                artefact=item.get("ModelDataUrl", ""),
                environment=item.get("Environment", {}),
            )
            for item in definitions
        ),
    )


def find_ours(session: Session) -> Deployed:
    """Describe the endpoint, which has to be there and this pipeline's.

    Raises
    ------
    NotReady
        If there is none.
    BadInput
        If it is somebody else's.
    """
    deployed = find(session)
    if deployed is None:
        raise not_deployed(session)
    if not deployed.is_ours:
        raise not_ours(session, "endpoint", session.name)
    return deployed


def not_deployed(session: Session) -> NotReady:
    """What to say where an endpoint is needed and there is none."""
    return NotReady(
        f"There is no endpoint {session.name!r} on target {session.target.name}: run `make deploy-pipeline` first."
    )
