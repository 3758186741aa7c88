"""The endpoint: what is deployed on it now, waiting for what is under way with it, deleting it. With boto3 alone, so
that commands which only look stay quick.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.aws.finding import find as find_resource
from pipeline.aws.ownership import hold_to_owner, is_ours, not_ours
from pipeline.aws.statuses import CHANGING
from pipeline.console import say
from pipeline.errors import NotReady
from pipeline.jobs.container_environment import RUN_VARIABLE

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import (
        DescribeEndpointConfigOutputTypeDef,
        DescribeEndpointOutputTypeDef,
        DescribeModelOutputTypeDef,
    )

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
    is_ours: bool
    """Whether it carries this pipeline's tag; the name alone could be anybody's."""
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
    endpoint = describe(session)
    if endpoint is None:
        return None
    config = session.sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    model = session.sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    definitions = _definitions(session, model)
    return DeployedEndpoint(
        endpoint=session.name,
        is_ours=is_ours(session, endpoint["EndpointArn"]),
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


def _definitions(session: Session, model: DescribeModelOutputTypeDef) -> Sequence[Mapping[str, Any]]:
    """Return a model's containers; those of a version of the model registry stand there."""
    definitions = model.get("Containers") or [model["PrimaryContainer"]]
    package = definitions[0].get("ModelPackageName")
    if package is None:
        return definitions
    found = session.sagemaker.describe_model_package(ModelPackageName=package)
    return found["InferenceSpecification"]["Containers"]


def find_ours(session: Session) -> DeployedEndpoint:
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


def describe(session: Session) -> DescribeEndpointOutputTypeDef | None:
    """Describe the endpoint of our name, whosever it is; None where there is none."""
    return find_resource(lambda: session.sagemaker.describe_endpoint(EndpointName=session.name))


def describe_config(session: Session, name: str) -> DescribeEndpointConfigOutputTypeDef | None:
    """Describe an endpoint configuration; None where there is none."""
    return find_resource(lambda: session.sagemaker.describe_endpoint_config(EndpointConfigName=name))


def ours_at_rest(session: Session) -> DescribeEndpointOutputTypeDef | None:
    """Describe our endpoint once nothing is under way with it; None where there is none.

    Raises
    ------
    BadInput
        If an endpoint of that name is not ours.
    """
    last = ""
    while (endpoint := describe(session)) is not None:
        hold_to_owner(session, "endpoint", session.name, endpoint["EndpointArn"])
        status = endpoint["EndpointStatus"]
        if status not in CHANGING and status != "Deleting":
            break
        if status != last:
            say(f"endpoint {session.name}: {status}; waiting for that to end")
            last = status
        time.sleep(session.target.poll_seconds)
    return endpoint


def delete(session: Session) -> None:
    """Delete the endpoint, and wait until it is gone."""
    session.sagemaker.delete_endpoint(EndpointName=session.name)
    if session.rehearsal is not None:
        return
    session.sagemaker.get_waiter("endpoint_deleted").wait(
        EndpointName=session.name, WaiterConfig={"Delay": max(1, round(session.target.poll_seconds))}
    )
