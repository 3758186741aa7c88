"""A SageMaker model of one container or of several in series, under network isolation: the code comes inside the model
artefact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.artefacts.runs import Artefact
from pipeline.artefacts.source_code import Container
from pipeline.aws.finding import find
from pipeline.aws.ownership import hold_to_owner
from pipeline.aws.session import Session
from pipeline.jobs.container_environment import (
    CODE_VARIABLE,
    MANIFEST_VARIABLE,
    RUN_VARIABLE,
    Serving,
    image_environment,
)

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import ContainerDefinitionTypeDef, CreateModelInputTypeDef

ARROW = "application/vnd.apache.arrow.stream"
"""What the preprocessor answers and the classifier reads."""


@dataclass(frozen=True, slots=True)
class ContainerFacts:
    """What a container's definition says of itself beside its artefact."""

    image: str
    run_id: str
    code_digest: str
    serving: Serving = Serving.WSGI


@dataclass(frozen=True, slots=True)
class ContainerDefinition:
    """One container of a model."""

    hostname: str
    image: str
    artefact: str
    """Where its model artefact lies."""
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """A version of the model registry, in the place of containers."""

    arn: str


@dataclass(frozen=True, slots=True)
class Network:
    """What a model's containers may reach."""

    is_isolated: bool = True
    """Whether they reach nothing at all."""
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()

    @classmethod
    def of(cls, session: Session) -> Network:
        """Return the network of `bootstrap`, isolated."""
        vpc = session.vpc or {"subnets": [], "security_group_ids": []}
        return cls(True, tuple(vpc["subnets"]), tuple(vpc["security_group_ids"]))


def container_definition(container: Container, artefact: Artefact, facts: ContainerFacts) -> ContainerDefinition:
    """Define one container: how the image serves it, and what it serves."""
    environment = {
        **image_environment(facts.serving, artefact.code),
        RUN_VARIABLE: facts.run_id,
        CODE_VARIABLE: facts.code_digest,
    }
    if artefact.manifest_sha256 is not None:
        environment[MANIFEST_VARIABLE] = artefact.manifest_sha256
    if container is Container.PREPROCESSOR:
        environment["SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT"] = ARROW
    return ContainerDefinition(container, facts.image, artefact.uri, environment)


def ensure_model(
    session: Session,
    name: str,
    containers: Sequence[ContainerDefinition] | PackagedModel,
    network: Network | None = None,
) -> None:
    """Create a model of one container, of several in series, or of a model package, unless it is there already.

    Raises
    ------
    BadInput
        If a model of that name is there and not ours.
    """
    found = find(lambda: session.sagemaker.describe_model(ModelName=name))
    if found is None:
        session.sagemaker.create_model(**model_request(session, name, containers, network or Network.of(session)))
    else:
        hold_to_owner(session, "model", name, found["ModelArn"])


def model_request(
    session: Session, name: str, containers: Sequence[ContainerDefinition] | PackagedModel, network: Network
) -> CreateModelInputTypeDef:
    """Return the request of CreateModel."""
    request: CreateModelInputTypeDef = {
        "ModelName": name,
        "ExecutionRoleArn": session.role_arn,
        "EnableNetworkIsolation": network.is_isolated,
        "Tags": session.owner_tags,
    }
    if isinstance(containers, PackagedModel):
        request["PrimaryContainer"] = {"ModelPackageName": containers.arn}  # which may be several in series
    elif len(containers) == 1:
        request["PrimaryContainer"] = container_request(containers[0])
    else:
        request["Containers"] = list(map(container_request, containers))
        request["InferenceExecutionConfig"] = {"Mode": "Serial"}
    if network.subnets:
        request["VpcConfig"] = {
            "SecurityGroupIds": list(network.security_groups),
            "Subnets": list(network.subnets),
        }
    return request


def container_request(container: ContainerDefinition) -> ContainerDefinitionTypeDef:
    """Return a container as CreateModel takes it."""
    return {
        "ContainerHostname": container.hostname,
        "Image": container.image,
        "ModelDataUrl": container.artefact,
        "Environment": dict(container.environment),
    }
