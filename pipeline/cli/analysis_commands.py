"""Commands that say how good a model is, and why it answers as it does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.group import PATH, announce, cli, with_session
from pipeline.cli.text_input import given_text, text_options

if TYPE_CHECKING:
    from pipeline.artefacts.runs import Run
    from pipeline.aws.session import Session
    from pipeline.prediction.evaluate import InferenceOption


@cli.command(short_help="Accuracy and F1 on the test split.")
@click.option("--batch", "by_batch", is_flag=True, help="By a batch transform instead of the endpoint.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@with_session
def evaluate(session: Session, by_batch: bool, as_json: bool) -> None:
    """Classify the test split and print accuracy, macro-F1 and each category's part."""
    from pipeline.deployment import run_choice
    from pipeline.prediction.evaluate import evaluate as evaluate_run

    run, option = _run_and_option(session, by_batch)
    evaluation = evaluate_run(session, run, run_choice.model_name(session), option)
    click.echo(json.dumps(evaluation.as_dict(), indent=2) if as_json else "\n".join(evaluation.lines()))


def _run_and_option(session: Session, by_batch: bool) -> tuple[Run, InferenceOption]:
    """Return the run to look at, and how to ask its model; without an endpoint only a batch transform can be asked."""
    from pipeline.deployment import run_choice
    from pipeline.prediction.evaluate import InferenceOption

    if by_batch:
        announce(session)  # of a job
        return run_choice.deployed_or_latest(session), InferenceOption.BATCH
    return run_choice.deployed(session), InferenceOption.ENDPOINT


@cli.command(short_help="A page on the data and the model, with every figure.")
@click.option("--batch", "by_batch", is_flag=True, help="Classify by a batch transform instead of the endpoint.")
@click.option(
    "--compare", "other", envvar="COMPARE", metavar="RUN|PROFILE", help="Another run, or the latest one of a profile."
)
@click.option(
    "--output", "directory", type=PATH, default="report", show_default=True, help="The directory to write it to."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON, too.")
@with_session
def report(session: Session, by_batch: bool, other: str | None, directory: Path, as_json: bool) -> None:
    """Classify the test split and write a page with all that can be seen of the data and of the model.

    The directory gets index.html (one file, opens offline), metrics.json, predictions.csv and figures/.
    """
    from pipeline.deployment import run_choice
    from pipeline.report import making
    from pipeline.report.output import writing

    run, option = _run_and_option(session, by_batch)
    writing.make_directory(directory)
    compared = run_choice.to_compare_with(session, run, other) if other else None
    analysis = making.make(session, making.ReportRequest(run, run_choice.model_name(session), option, compared))
    writing.write(analysis, directory)
    click.echo(writing.as_json(analysis) if as_json else "\n".join(writing.summary(analysis, directory)))


@cli.command(short_help="Why a text gets its category.")
@text_options
@click.option("--run", "run_id", help="The run whose model to ask.  [default: the one that the endpoint serves]")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@with_session
def explain(
    session: Session, text: str | None, path: Path | None, from_stdin: bool, run_id: str | None, as_json: bool
) -> None:
    """Classify one TEXT and print each known word's share of the decision between the category and the runner-up."""
    from pipeline.report import explaining
    from pipeline.report.output import terminal

    asked = given_text(text, path, from_stdin)
    found, model = explaining.explain_run(session, run_id, asked)
    if as_json:
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False))
    else:
        terminal.show(found, model, asked)


@cli.command(short_help="Ask plain scikit-learn: the fitted estimators.")
@click.argument("text", envvar="TEXT", required=False)
@click.option("--run", "run_id", help="The run whose estimators to open.  [default: the latest]")
@with_session
def estimators(session: Session, text: str | None, run_id: str | None) -> None:
    """Open the fitted scikit-learn estimators of a run, after checking that they are what training wrote, and print
    what they are; with a TEXT, classify it with them, without any container.
    """
    from pipeline.deployment import run_choice
    from pipeline.prediction.estimators import open_estimators

    vectorizer, classifier = open_estimators(session, run_choice.named_or_latest(session, run_id)).values()
    click.echo(f"{type(vectorizer).__name__} with {len(vectorizer.vocabulary_):,} features\n{classifier}")
    if text is not None:
        click.echo(classifier.predict(vectorizer.transform([text]))[0])
