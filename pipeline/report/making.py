"""`report`: read what a run was made of, let the pipelines classify the test split, and compute."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pipeline.artefacts.runs import Run
from pipeline.artefacts.source_code import Container
from pipeline.aws.session import Session
from pipeline.console import say
from pipeline.errors import BadInput
from pipeline.prediction.evaluate import InferenceOption, classify
from pipeline.report.figures.analysis import Analysis, Facts, Source, analyse, answered
from pipeline.report.figures.model.comparison import Comparison, compare
from pipeline.report.figures.model.model_figures import TestAnswers
from pipeline.report.sources import served_model
from pipeline.report.sources.splits import Split, read_split, read_stop_words


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """What the user asked for."""

    run: Run
    model_name: str
    """In SageMaker, of the pipeline that answers."""
    option: InferenceOption
    other: Run | None
    """To compare with."""


def make(session: Session, request: ReportRequest) -> Analysis:
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


@contextmanager
def _step(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    say(f"report: {what} ({time.monotonic() - began:.1f} s)")


def _read(session: Session, request: ReportRequest) -> Source:
    run = request.run
    with _step("model and data read"):
        model = served_model.load(session.s3, run)
        train, test = (Split.of_frame(read_split(session, run, name), model.categories) for name in ("train", "test"))
    with _step(f"test split answered by {request.option}"):
        answers = classify(session, request.model_name, test.texts, request.option)
    alpha = float(run.artefacts[Container.CLASSIFIER].manifest["hyperparameters"]["alpha"])
    return Source(model, train, test, read_stop_words(session, run), answers, alpha)


def _facts(session: Session, request: ReportRequest) -> Facts:
    run = request.run
    made = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    selection = run.artefacts[Container.PREPROCESSOR].manifest.get("selection")
    return Facts(
        run.id, run.dataset, run.profile, run.is_stand_in, str(request.option), session.target.name, made, selection
    )


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
    from pipeline.deployment.pipeline_model import CodeChoice, ensure_pipeline_model
    from pipeline.prediction import batch  # the SDK comes with these, which takes seconds

    with _step(f"test split answered by run {other.id}"):
        model_name = ensure_pipeline_model(session, other, CodeChoice.TRAINED)
        test = Split.of_frame(frame, model.categories)
        theirs = answered(model, test, batch.classify(session, model_name, test.texts))
    names = (run.profile, other.profile)
    if run.profile == other.profile:
        names = (f"{run.profile} ({run.id})", f"{other.profile} ({other.id})")
    return compare(names, answers, theirs, categories)
