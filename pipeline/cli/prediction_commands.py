"""Commands that put a run to use: deploying it, one text, many texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.group import cli, with_session
from pipeline.cli.text_input import given_text, text_options

if TYPE_CHECKING:
    from pipeline.aws.session import Session
    from pipeline.prediction.invoke import Prediction


@cli.command(name="deploy-pipeline", short_help="Put both containers behind one endpoint.")
@click.option("--run", "run_id", help="The run to deploy.  [default: the latest]")
@click.option(
    "--code",
    type=click.Choice(["trained", "current"]),
    default="trained",
    show_default=True,
    help="The code that serves: the model's own, or the working tree's with the same weights.",
)
@with_session
def deploy_pipeline(session: Session, run_id: str | None, code: str) -> None:
    """Put both containers behind one endpoint; the former model serves until the new one is up."""
    from pipeline.deployment import run_choice
    from pipeline.deployment.deploy import CodeChoice, deploy

    model = deploy(session, run_choice.named_or_latest(session, run_id), CodeChoice(code))
    click.echo(f'endpoint {session.name} serves model {model}; next: make invoke TEXT="..."')


@cli.command()
@text_options
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@with_session
def invoke(session: Session, text: str | None, path: Path | None, from_stdin: bool, as_json: bool) -> None:
    """Classify one TEXT with the endpoint."""
    from pipeline.prediction.invoke import classify_text

    prediction = classify_text(session, given_text(text, path, from_stdin))
    if as_json:
        click.echo(json.dumps(_as_dict(prediction), ensure_ascii=False))
    else:
        _print_prediction(prediction)


def _as_dict(prediction: Prediction) -> dict[str, Any]:
    top = [{"category": category, "probability": probability} for category, probability in prediction.top]
    return {"category": prediction.category, "probability": prediction.probability, "top": top}


def _print_prediction(prediction: Prediction) -> None:
    click.echo(prediction.category)
    for category, probability in prediction.top:
        click.echo(f"  {probability:7.2%}  {category}", err=True)


@cli.command(name="batch-transform", short_help="Classify a CSV, or CSVs below an S3 prefix.")
@click.option(
    "--input",
    "source",
    envvar="INPUT",
    required=True,
    help="A CSV or TSV with a header line, or an s3:// prefix of headerless one-column CSVs.",
)
@click.option(
    "--output", "destination", envvar="OUTPUT", required=True, help="The file, or the s3:// prefix, for the answers."
)
@click.option("--text-column", envvar="TEXT_COLUMN", help="Column of a file that holds the text.")
@click.option("--subject-column", envvar="SUBJECT_COLUMN", help="Column of a file that holds a subject or title.")
@click.option("--encoding", default="utf-8", show_default=True, help="Of a file.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonlines", "csv"]),
    default="jsonlines",
    show_default=True,
    help="Of the answers below an s3:// prefix.",
)
@click.option("--run", "run_id", help="The run to use.  [default: the one that the endpoint serves, else the latest]")
@with_session
def batch_transform(
    session: Session,
    source: str,
    destination: str,
    text_column: str | None,
    subject_column: str | None,
    encoding: str,
    form: str,
    run_id: str | None,
) -> None:
    """Classify many texts without an endpoint: a CSV gets the columns category and probability."""
    from pipeline.aws.storage import Location
    from pipeline.data.table import Table
    from pipeline.deployment import run_choice
    from pipeline.prediction import batch

    if source.startswith("s3://") != destination.startswith("s3://"):
        raise click.UsageError("INPUT and OUTPUT are both files, or both s3:// prefixes.")
    if source.startswith("s3://"):
        accept = "text/csv" if form == "csv" else batch.JSON_LINES
        model = run_choice.model_name(session, run_id)
        for key in batch.transform_prefix(session, model, Location.parse(source), Location.parse(destination), accept):
            click.echo(f"s3://{Location.parse(destination).bucket}/{key}")
        return
    if text_column is None:
        raise click.UsageError("Name the column that holds the text: --text-column (make: TEXT_COLUMN=...).")
    table = Table(Path(source), encoding)
    columns = batch.TextColumns(text_column, subject_column)
    count = batch.transform_table(session, run_choice.model_name(session, run_id), table, columns, Path(destination))
    click.echo(f"{count:,} records classified: {destination}")
