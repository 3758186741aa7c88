"""A SageMaker model of one container or of several in series, under network isolation: the code comes inside the model
artefact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.artefacts.runs import Artefact
from pipeline.artefacts.source_code import Container
from pipeline.aws import sdk
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


def container_definition(container: Container, artefact: Artefact, facts: ContainerFacts) -> sdk.ContainerDefinition:
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
    return sdk.ContainerDefinition(
        container_hostname=container, image=facts.image, model_data_url=artefact.uri, environment=environment
    )


def ensure_model(session: Session, name: str, containers: Sequence[sdk.ContainerDefinition]) -> None:
    """Create a model of one container, or of several in series, unless it is there already.

    Raises
    ------
    BadInput
        If a model of that name is there and not ours.
    """
    found = sdk.find(lambda: sdk.Model.get(model_name=name, region=session.region))
    if found is not None:
        hold_to_owner(session, "model", name, str(found.model_arn))
        return
    if len(containers) == 1:
        what = {"primary_container": containers[0]}
    else:
        what = {
            "containers": list(containers),
            "inference_execution_config": sdk.InferenceExecutionConfig(mode="Serial"),
        }
    sdk.Model.create(
        model_name=name,
        execution_role_arn=session.role_arn,
        enable_network_isolation=True,
        tags=session.tags,
        region=session.region,
        **what,
    )
