"""The SageMaker model of both containers in series: of a run, or of a version of the model registry."""

from __future__ import annotations

import tempfile
from enum import StrEnum
from pathlib import Path

from pipeline.artefacts import runs
from pipeline.artefacts.runs import Artefact, Run
from pipeline.artefacts.source_code import Container, differing, digest, digests
from pipeline.aws.session import Session
from pipeline.aws.storage import Location, download, upload
from pipeline.console import say
from pipeline.deployment.repacking import repack
from pipeline.errors import NotReady
from pipeline.jobs.container_environment import Serving
from pipeline.jobs.model import (
    ContainerDefinition,
    ContainerFacts,
    Network,
    PackagedModel,
    container_definition,
    ensure_model,
)
from pipeline.registry.packages import Approval, Version


class CodeChoice(StrEnum):
    """Which code serves: that which the model was trained with, or today's working tree."""

    TRAINED = "trained"
    CURRENT = "current"


def ensure_pipeline_model(
    session: Session, run: Run, code: CodeChoice, serving: Serving = Serving.WSGI, network: Network | None = None
) -> str:
    """Create the model of both containers, unless it is there; returns its name, the same for the same choices."""
    _say_difference(run, code)
    network = network or Network.of(session)
    artefacts = {container: _with_code(session, run, container, code) for container in Container}
    name = f"{session.name}-{run.id}{_distinction(run, artefacts, serving, network)}"
    ensure_model(session, name, definitions(run, artefacts, serving), network)
    return name


def ensure_packaged_model(session: Session, version: Version, network: Network) -> str:
    """Create the model of a version of the registry, unless it is there; returns its name.

    Raises
    ------
    NotReady
        If the version is not approved.
    """
    if version.approval is not Approval.APPROVED:
        raise NotReady(
            f"Version {version.number} is {version.approval}: `make approve MODEL_VERSION={version.number}` first."
        )
    facts = {"package": version.arn, "network": _as_text(network)}
    name = f"{session.name}-v{version.number}-{digest(facts)[:8]}"
    ensure_model(session, name, PackagedModel(version.arn), network)
    return name


def definitions(
    run: Run, artefacts: dict[Container, Artefact] | None = None, serving: Serving = Serving.WSGI
) -> list[ContainerDefinition]:
    """Define both containers: with the run's own artefacts, or with others of the same weights."""
    return [
        container_definition(container, artefact, ContainerFacts(run.image, run.id, digest(artefact.code), serving))
        for container, artefact in (artefacts or run.artefacts).items()
    ]


def _distinction(run: Run, artefacts: dict[Container, Artefact], serving: Serving, network: Network) -> str:
    """Return what sets a model's name apart from that of the run's own code, served as usual."""
    facts = {str(container): digest(artefact.code) for container, artefact in artefacts.items()}
    if network != Network():
        facts["network"] = _as_text(network)
    if serving is not Serving.WSGI:
        facts["serving"] = serving
    if artefacts == run.artefacts and len(facts) == len(Container):
        return ""
    return f"-{digest(facts)[:8]}"


def _as_text(network: Network) -> str:
    return " ".join([str(network.is_isolated), *network.subnets, *network.security_groups])


def _say_difference(run: Run, code: CodeChoice) -> None:
    changed = {
        container: differing(run.artefacts[container].code, digests(container.folder)) for container in Container
    }
    n_files = sum(map(len, changed.values()))
    if not n_files:
        return
    differ = "1 file differs" if n_files == 1 else f"{n_files} files differ"
    if code is CodeChoice.CURRENT:
        say(f"code: {differ} from those that trained the model; today's serve, with the same weights")
        return
    say(
        f"code: trained with other code: {differ} from the working tree; the trained ones serve "
        f"(--code current ships today's)"
    )


def _with_code(session: Session, run: Run, container: Container, code: CodeChoice) -> Artefact:
    """Return the run's artefact, or one with the same weights and today's code, uploaded beside it."""
    artefact = run.artefacts[container]
    current = digests(container.folder)
    if code is CodeChoice.TRAINED or current == artefact.code:
        return artefact
    where = runs.place(session.home, run.id) / "repacked" / container / digest(current)[:16] / "model.tar.gz"
    with tempfile.TemporaryDirectory() as directory:
        trained, repacked = Path(directory) / "trained.tar.gz", Path(directory) / "model.tar.gz"
        download(session.s3, Location.parse(artefact.uri), trained)
        manifest = repack(trained, repacked, container.folder, artefact.manifest_sha256)
        upload(session.s3, repacked, where)
    return Artefact.described(artefact.job, str(where), manifest)
