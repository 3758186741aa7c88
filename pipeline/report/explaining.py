"""`explain`: one text by the model that the endpoint serves, word by word, and held to the endpoint's own answer."""

from __future__ import annotations

from pipeline.aws.session import Session
from pipeline.deployment import run_choice
from pipeline.prediction.invoke import classify_text
from pipeline.report.figures.model.explanation import Explanation, explain
from pipeline.report.sources import served_model
from pipeline.report.sources.agreement import check_against_answers
from pipeline.report.sources.served_model import ServedModel
from pipeline.report.sources.splits import read_stop_words


def explain_run(session: Session, run_id: str | None, text: str) -> tuple[Explanation, ServedModel]:
    """Explain the decision of a run's model on a text: of the one that the endpoint serves when none is named.

    Raises
    ------
    NotReady
        If there is no such run, or no endpoint and none is named.
    BadInput
        If the pipeline refuses the text.
    PipelineError
        If the endpoint answers otherwise than its model does here.
    """
    if run_id is not None:
        run = run_choice.named_or_latest(session, run_id)
        model = served_model.load(session.s3, run)
        return explain(model, text, read_stop_words(session, run)), model
    run = run_choice.deployed(session)
    answer = classify_text(session, text)
    model = served_model.load(session.s3, run)
    rows = model.rows([model.as_received(text)])
    check_against_answers(model.probabilities(model.scores(rows)), model.categories, [answer])
    return explain(model, text, read_stop_words(session, run)), model
