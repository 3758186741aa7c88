"""A SageMaker model of one container or of several in series, under network isolation: the code comes inside the model
artefact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.artefacts.runs import Artefact
from pipeline.artefacts.source_code import Container
from pipeline.aws import sdk
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


def ensure_model(session: Session, name: str, containers: Sequence[ContainerDefinition]) -> None:
    """Create a model of one container, or of several in series, unless it is there already.

    Raises
    ------
    BadInput
        If a model of that name is there and not ours.
    """
    found = find(lambda: session.sagemaker.describe_model(ModelName=name))
    if found is None:
        _create(session, name, containers)
    else:
        hold_to_owner(session, "model", name, found["ModelArn"])


def _create(session: Session, name: str, containers: Sequence[ContainerDefinition]) -> None:
    definitions = [
        sdk.ContainerDefinition(
            container_hostname=container.hostname,
            image=container.image,
            model_data_url=container.artefact,
            environment=dict(container.environment),
        )
        for container in containers
    ]
    what: dict[str, object]
    if len(definitions) == 1:
        what = {"primary_container": definitions[0]}
    else:
        what = {
            "containers": definitions,
            "inference_execution_config": sdk.InferenceExecutionConfig(mode="Serial"),
        }
    if session.vpc is not None:
        what["vpc_config"] = sdk.VpcConfig(**session.vpc)
    sdk.Model.create(
        model_name=name,
        execution_role_arn=session.role_arn,
        enable_network_isolation=True,
        tags=session.tags,
        region=session.region,
        **what,
    )
