"""Which run, and which SageMaker model of it, a command works with: decided here and passed along.

A run that the user names comes first, then the one that the endpoint serves, then the latest; each command says by the
function that it calls how far down this list it may go. boto3 alone, unless a model has to be made.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline import profiles
from pipeline.artefacts import runs
from pipeline.artefacts.runs import Run
from pipeline.aws.session import Session
from pipeline.aws.storage import keys
from pipeline.deployment import endpoint
from pipeline.errors import BadInput, NotReady


def named_or_latest(session: Session, run_id: str | None) -> Run:
    """Return the run that is named, else the latest.

    Raises
    ------
    NotReady
        If there is no such run.
    """
    return runs.find(session.s3, session.home, run_id)


def deployed(session: Session) -> Run:
    """Return the run that the endpoint serves.

    Raises
    ------
    NotReady
        If there is no endpoint, or its run is gone.
    BadInput
        If the endpoint of our name is not ours.
    """
    return named_or_latest(session, endpoint.find_ours(session).run)


def deployed_or_latest(session: Session) -> Run:
    """Return the run that the endpoint serves, else the latest.

    Raises
    ------
    NotReady
        If there is no run.
    """
    found = endpoint.find(session)
    return named_or_latest(session, found.run if found and found.is_ours else None)


def model_name(session: Session, run_id: str | None = None) -> str:
    """Return the SageMaker model of the run that is named, else the one behind the endpoint, else that of the latest
    run; a run's model is made when it is not there.

    Raises
    ------
    NotReady
        If a run is needed and there is no such run.
    """
    if run_id is None and (found := endpoint.find(session)) is not None and found.is_ours:
        return found.model
    from pipeline.deployment.pipeline_model import CodeChoice, ensure_pipeline_model

    return ensure_pipeline_model(session, named_or_latest(session, run_id), CodeChoice.TRAINED)


def to_compare_with(session: Session, run: Run, wanted: str) -> Run:
    """Return another run to compare `run` with: by its id, or the latest one of a profile.

    Raises
    ------
    NotReady
        If there is none.
    BadInput
        If it is the very run.
    """
    for found in _runs(session):
        if wanted in (found.id, found.profile) and found.id != run.id:
            return found
    if wanted == run.id:
        raise BadInput(f"--compare: {wanted} is the run that the report is of; name another one.")
    known = f"`make train PROFILE={wanted}` makes one" if wanted in profiles.names() else "it names a run or a profile"
    raise NotReady(f"There is no other run {wanted!r} to compare with below {session.home}: {known}.")


def _runs(session: Session) -> Iterator[Run]:
    """Yield the finished runs, the latest first."""
    prefix = (session.home / "runs").prefix
    finished = [key for key in keys(session.s3, prefix, session.home.bucket) if key.endswith("/run.json")]
    for key in sorted(finished, reverse=True):
        yield runs.find(session.s3, session.home, key.removeprefix(prefix).removesuffix("/run.json"))
