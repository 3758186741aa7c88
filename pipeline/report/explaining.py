"""`explain`: one text by the model that the endpoint serves, word by word, and held to the endpoint's own answer."""

from __future__ import annotations

from pipeline import runs, serving
from pipeline.invocation import classify_text
from pipeline.report import served_model
from pipeline.report.agreement import hold_to_answers
from pipeline.report.explanation import Explanation, explain
from pipeline.report.served_model import ServedModel
from pipeline.report.splits import read_stop_words
from pipeline.session import Session


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
        run = runs.find(session.s3, session.home, run_id)
        model = served_model.load(session.s3, run)
        return explain(model, text, read_stop_words(session, run)), model
    deployed = serving.find_ours(session)
    answer = classify_text(session, text)
    run = runs.find(session.s3, session.home, deployed.run)
    model = served_model.load(session.s3, run)
    rows = model.rows([model.as_received(text)])
    hold_to_answers(model.probabilities(model.scores(rows)), model.categories, [answer])
    return explain(model, text, read_stop_words(session, run)), model
