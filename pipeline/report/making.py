"""`report`: read what a run was made of, ask the pipelines, and compute. Beside `explaining` the only room of the
report that talks to S3 and to endpoints.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pipeline import profiles, runs
from pipeline.console import say
from pipeline.errors import BadInput, NotReady
from pipeline.evaluation import Way, classify
from pipeline.report import served_model
from pipeline.report.analysis import Analysis, Facts, Source, analyse, answered
from pipeline.report.comparison import Comparison, compare
from pipeline.report.model_figures import TestAnswers
from pipeline.report.splits import Split, read_split, read_stop_words
from pipeline.runs import Run
from pipeline.session import Session
from pipeline.source_code import Container
from pipeline.storage import keys


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for."""

    run: Run
    model_name: str
    """In SageMaker, of the pipeline that answers."""
    way: Way
    other: Run | None
    """To compare with."""


def make(session: Session, request: Request) -> Analysis:
    """Classify the test split and compute every figure.

    Raises
    ------
    BadInput
        If the run to compare with was tested on other records.
    NotReady, JobFailed
        As `evaluate` does.
    PipelineError
        If the deployed pipeline answers otherwise than its model does here.
    """
    source = _read(session, request)
    analysis = analyse(_facts(session, request), source, _step)
    if request.other is None:
        return analysis
    return replace(analysis, comparison=_compared(session, request.run, request.other, analysis.test))


def find_other(session: Session, wanted: str, than: Run) -> Run:
    """Return the run to compare with: by its id, or the latest one of a profile.

    Raises
    ------
    NotReady
        If there is none.
    BadInput
        If it is the very run that the report is of.
    """
    for run in _runs(session):
        if wanted in (run.id, run.profile) and run.id != than.id:
            return run
    if wanted == than.id:
        raise BadInput(f"--compare: {wanted} is the run that the report is of; name another one.")
    known = f"`make train PROFILE={wanted}` makes one" if wanted in profiles.names() else "it names a run or a profile"
    raise NotReady(f"There is no other run {wanted!r} to compare with below {session.home}: {known}.")


def _runs(session: Session) -> Iterator[Run]:
    """Yield the finished runs, the latest first."""
    prefix = (session.home / "runs").prefix
    finished = [key for key in keys(session.s3, prefix, session.home.bucket) if key.endswith("/run.json")]
    for key in sorted(finished, reverse=True):
        yield runs.find(session.s3, session.home, key.removeprefix(prefix).removesuffix("/run.json"))


@contextmanager
def _step(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    say(f"report: {what} ({time.monotonic() - began:.1f} s)")


def _read(session: Session, request: Request) -> Source:
    run = request.run
    with _step("model and data read"):
        model = served_model.load(session.s3, run)
        train, test = (Split.of_frame(read_split(session, run, name), model.categories) for name in ("train", "test"))
    with _step(f"test split answered by {request.way}"):
        answers = classify(session, request.model_name, test.texts, request.way)
    alpha = float(run.artefacts[Container.CLASSIFIER].manifest["hyperparameters"]["alpha"])
    return Source(model, train, test, read_stop_words(session, run), answers, alpha)


def _facts(session: Session, request: Request) -> Facts:
    run = request.run
    made = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    return Facts(run.id, run.dataset, run.profile, run.is_stand_in, str(request.way), session.target.name, made)


def _compared(session: Session, run: Run, other: Run, answers: TestAnswers) -> Comparison:
    """Let the other run's pipeline classify the same records, by a batch transform: it need not be deployed."""
    model = served_model.load(session.s3, other)
    frame = read_split(session, other, "test")
    categories = tuple(run.categories)
    if model.categories != categories or frame["label_names"].tolist() != [
        categories[label] for label in answers.split.labels
    ]:
        raise BadInput(
            f"--compare: run {other.id} ({other.dataset}) was not tested on the same records as run {run.id} "
            f"({run.dataset}); train both on the same data."
        )
    from pipeline import batch  # the SDK comes with these, which takes seconds
    from pipeline.deployment import CodeChoice, ensure_pipeline_model

    with _step(f"test split answered by run {other.id}"):
        model_name = ensure_pipeline_model(session, other, CodeChoice.TRAINED)
        test = Split.of_frame(frame, model.categories)
        theirs = answered(model, test, batch.classify(session, model_name, test.texts))
    names = (run.profile, other.profile)
    if run.profile == other.profile:
        names = (f"{run.profile} ({run.id})", f"{other.profile} ({other.id})")
    return compare(names, answers, theirs, categories)
