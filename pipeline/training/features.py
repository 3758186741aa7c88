"""The features: a batch transform of the staged texts by the preprocessor's own serving code, whose model is there for
no longer than that. A command that was killed leaves its own: the next one takes it away.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.artefacts.runs import Artefact
from pipeline.artefacts.source_code import Container, digest
from pipeline.aws.finding import find
from pipeline.aws.ownership import is_ours
from pipeline.aws.session import Session
from pipeline.aws.statuses import UNDER_WAY
from pipeline.aws.storage import Location, keys
from pipeline.console import say
from pipeline.errors import PipelineError
from pipeline.jobs.image import image_uri
from pipeline.jobs.model import ARROW, ContainerFacts, container_definition, ensure_model
from pipeline.jobs.staged_parts import payload_mb
from pipeline.jobs.transform_job import TransformJobRequest, run_transform


def make_features(session: Session, longest: int, preprocessor: Artefact, place: Location, run_id: str) -> None:
    """Let the preprocessor's own serving code turn the staged texts into vectors.

    Parameters
    ----------
    session : Session
        Session.
    longest : int
        Bytes of the longest record.
    preprocessor : Artefact
        The trained preprocessor.
    place : Location
        Where everything of the run lies.
    run_id : str
        The run.

    Raises
    ------
    JobFailed
        If the batch transform failed.
    """
    model_name = f"{_prefix(session)}{run_id}"
    definition = container_definition(
        Container.PREPROCESSOR,
        preprocessor,
        ContainerFacts(image_uri(session.region), run_id, digest(preprocessor.code)),
    )
    ensure_model(session, model_name, [definition])
    transform = TransformJobRequest(
        job_name=model_name,
        model_name=model_name,
        source=place / "features-in",
        destination=place / "features",
        accept=ARROW,
        assemble_with=None,
        max_payload_mb=payload_mb(longest),
    )
    try:
        run_transform(session, transform)
    finally:
        _delete(session, model_name)
    _check_pairs(session, place)


def models(session: Session) -> list[str]:
    """Return the models of transforms of this pipeline: of commands that are at it, and of such as were killed."""
    pages = session.sagemaker.get_paginator("list_models").paginate(NameContains=_prefix(session))
    return [
        item["ModelName"]
        for page in pages
        for item in page["Models"]
        if item["ModelName"].startswith(_prefix(session)) and is_ours(session, item["ModelArn"])
    ]


def delete_left_over(session: Session, earlier: Sequence[str]) -> None:
    """Delete those of the models that were there before this command began which no transform needs any more.

    Whoever makes one makes the transform of its name at once: a model that had none then and has none by now, after a
    training job's time, is a killed command's.
    """
    for name in earlier:
        job = find(lambda name=name: session.sagemaker.describe_transform_job(TransformJobName=name))  # type: ignore[misc]
        if job is None or job["TransformJobStatus"] not in UNDER_WAY:
            _delete(session, name)
            say(f"model {name}: deleted; a command that was killed had left it")


def _prefix(session: Session) -> str:
    return f"{session.name}-features-"


def _delete(session: Session, model_name: str) -> None:
    """Delete a model that another command may have taken for left over since."""
    find(lambda: session.sagemaker.delete_model(ModelName=model_name))


def _check_pairs(session: Session, place: Location) -> None:
    """See that each file of labels has its file of features before a job is paid for; the job itself checks the
    rows.
    """
    labels = {Path(key).name for key in keys(session.s3, (place / "labels").prefix, place.bucket)}
    features = {
        Path(key).name.removesuffix(".out") for key in keys(session.s3, (place / "features").prefix, place.bucket)
    }
    if missing := sorted(labels - features):
        raise PipelineError(
            f"The batch transform wrote no output for {', '.join(missing[:3])} below {place / 'features'}. Run "
            f"`make train` again."
        )
