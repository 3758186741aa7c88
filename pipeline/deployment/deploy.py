"""`deploy-pipeline`: one model of two containers in series, behind one endpoint."""

from __future__ import annotations

import tempfile
from enum import StrEnum
from pathlib import Path

from pipeline.artefacts import runs
from pipeline.artefacts.runs import Artefact, Run
from pipeline.artefacts.source_code import Container, differing, digest, digests
from pipeline.aws import sdk
from pipeline.aws.finding import find
from pipeline.aws.ownership import hold_to_owner
from pipeline.aws.session import Session
from pipeline.aws.storage import Location, download, upload
from pipeline.console import say
from pipeline.deployment import endpoint
from pipeline.deployment.repacking import repack
from pipeline.errors import JobFailed
from pipeline.jobs.container_environment import Serving
from pipeline.jobs.model import ContainerFacts, container_definition, ensure_model


class CodeChoice(StrEnum):
    """Which code serves: that which the model was trained with, or today's working tree."""

    TRAINED = "trained"
    CURRENT = "current"


def deploy(session: Session, run: Run, code: CodeChoice, serving: Serving = Serving.WSGI) -> str:
    """Create or update the endpoint so that it serves `run`; returns the model's name.

    Raises
    ------
    BadInput
        If there is an endpoint of that name which is not ours.
    JobFailed
        If the endpoint did not come in service; the message carries its `FailureReason`.
    """
    endpoint.ours_at_rest(session)  # before anything is made for it
    model_name = ensure_pipeline_model(session, run, code, serving)
    _ensure_config(session, model_name)
    _serve(session, model_name)
    return model_name


def ensure_pipeline_model(session: Session, run: Run, code: CodeChoice, serving: Serving = Serving.WSGI) -> str:
    """Create the model of both containers, unless it is there; returns its name, the same for the same choices."""
    _say_difference(run, code)
    artefacts = {container: _with_code(session, run, container, code) for container in Container}
    definitions = [
        container_definition(container, artefact, ContainerFacts(run.image, run.id, digest(artefact.code), serving))
        for container, artefact in artefacts.items()
    ]
    name = f"{session.name}-{run.id}{_distinction(run, artefacts, serving)}"
    ensure_model(session, name, definitions)
    return name


def _distinction(run: Run, artefacts: dict[Container, Artefact], serving: Serving) -> str:
    """Return what sets a model's name apart from that of the run's own code, served as usual."""
    facts = {str(container): digest(artefact.code) for container, artefact in artefacts.items()}
    if serving is not Serving.WSGI:
        facts["serving"] = serving
    elif artefacts == run.artefacts:
        return ""
    return f"-{digest(facts)[:8]}"


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


def _ensure_config(session: Session, name: str) -> None:
    found = find(lambda: session.sagemaker.describe_endpoint_config(EndpointConfigName=name))
    if found is not None:
        hold_to_owner(session, "endpoint configuration", name, found["EndpointConfigArn"])
        return
    variant = sdk.ProductionVariant(
        variant_name="AllTraffic", model_name=name, instance_type=session.instance_type, initial_instance_count=1
    )
    sdk.EndpointConfig.create(
        endpoint_config_name=name, production_variants=[variant], tags=session.tags, region=session.region
    )


def _serve(session: Session, config_name: str) -> None:
    """Bring the endpoint to `config_name`: created, updated with no request lost, or made anew when it had failed."""
    present = endpoint.ours_at_rest(session)
    if present is not None and present["EndpointStatus"] == "Failed":
        say(f"endpoint {session.name}: had failed; it is made anew")
        endpoint.delete(session)
        present = None
    if present is None:
        sdk.Endpoint.create(
            endpoint_name=session.name,
            endpoint_config_name=config_name,
            tags=session.tags,
            region=session.region,
        )
    elif present["EndpointConfigName"] != config_name:
        session.sagemaker.update_endpoint(EndpointName=session.name, EndpointConfigName=config_name)
    elif present["EndpointStatus"] == "InService":
        say(f"endpoint {session.name}: serves this run already")
        return
    else:
        raise JobFailed(
            f"endpoint {session.name}: {present['EndpointStatus']}, with this run's configuration already. "
            f"{present.get('FailureReason', '')} Run `make teardown`, then `make deploy-pipeline`."
        )
    _wait(session, config_name)


def _wait(session: Session, config_name: str) -> None:
    changed = sdk.Endpoint.get(endpoint_name=session.name, region=session.region)
    sdk.wait(
        changed,
        f"endpoint {session.name}",
        lambda resource: str(resource.endpoint_status),
        {"InService"},
        session.target.poll_seconds,
    )
    if str(changed.endpoint_config_name) != config_name:
        raise JobFailed(
            f"endpoint {session.name}: the update failed and the former model still serves. {changed.failure_reason}"
        )
