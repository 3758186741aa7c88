"""Commands that put a run to use: one text, many texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.data_options import DELIMITER, TOLD
from pipeline.cli.group import announce, cli, with_session
from pipeline.cli.input_files import INPUT_FILES, ON_BAD_RECORD
from pipeline.cli.text_input import given_text, text_options

if TYPE_CHECKING:
    from pipeline.aws.session import Session
    from pipeline.prediction.invoke import Prediction


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
    "sources",
    type=INPUT_FILES,
    multiple=True,
    envvar="INPUT",
    required=True,
    help="A CSV or TSV with a header line (may be gzipped), Parquet, or a folder of such files, several times for "
    "several of the same columns; or an s3:// prefix of headerless one-column CSVs.",
)
@click.option(
    "--output", "destination", envvar="OUTPUT", required=True, help="The file, or the s3:// prefix, for the answers."
)
@click.option("--text-column", envvar="TEXT_COLUMN", help="Column of a file that holds the text.")
@click.option("--subject-column", envvar="SUBJECT_COLUMN", help="Column of a file that holds a subject or title.")
@click.option("--encoding", help="Of a file that has no byte-order mark.  [default: utf-8]")
@click.option("--delimiter", envvar="DELIMITER", metavar=DELIMITER, help=f"Of a file.  {TOLD}")
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonlines", "csv"]),
    help="Of the answers below an s3:// prefix.  [default: jsonlines]",
)
@ON_BAD_RECORD
@click.option("--run", "run_id", help="The run to use.  [default: the one that the endpoint serves, else the latest]")
@click.option(
    "--instances",
    type=click.IntRange(min=1),
    default=1,
    envvar="INSTANCES",
    show_default=True,
    help="Among how many instances the records are divided.",
)
@with_session
def batch_transform(
    session: Session,
    sources: tuple[str, ...],
    destination: str,
    text_column: str | None,
    subject_column: str | None,
    encoding: str | None,
    delimiter: str | None,
    form: str | None,
    on_bad_record: str,
    run_id: str | None,
    instances: int,
) -> None:
    """Classify many texts without an endpoint: a CSV gets the columns category and probability."""
    in_s3 = {place.startswith("s3://") for place in (*sources, destination)}
    if len(in_s3) > 1:
        raise click.UsageError("INPUT and OUTPUT are both files, or both s3:// prefixes.")
    if in_s3 == {True}:
        if len(sources) > 1:
            raise click.UsageError("Give one s3:// prefix; what lies below it is classified object by object.")
        of_files = {
            "--text-column": text_column,
            "--subject-column": subject_column,
            "--encoding": encoding,
            "--delimiter": delimiter,
        }
        why = "take a file as input; objects below an s3:// prefix are headerless UTF-8 CSV of one column"
        _refuse_given(of_files, why)
        announce(session)
        _transform_objects(session, sources[0], destination, form, on_bad_record, run_id, instances)
        return
    _refuse_given({"--format jsonlines": form == "jsonlines"}, "goes with s3:// prefixes; a file's answers are CSV")
    if text_column is None:
        raise click.UsageError("Name the column that holds the text: --text-column (make: TEXT_COLUMN=...).")
    from pipeline.data.csv_files.delimiters import named_delimiter
    from pipeline.data.tables.bad_records import OnBadRecord
    from pipeline.data.tables.opening import opened_tables
    from pipeline.deployment import run_choice
    from pipeline.prediction import batch

    columns = batch.TextColumns(text_column, subject_column)
    files = opened_tables(sources, encoding or "utf-8", named_delimiter(delimiter), columns.names)
    tables = batch.Tables(files, columns, OnBadRecord(on_bad_record))
    announce(session)
    model = run_choice.model_name(session, run_id)
    count = batch.transform_tables(session, model, tables, Path(destination), instances)
    click.echo(f"{count:,} records classified: {destination}")


def _refuse_given(options: Mapping[str, object], why: str) -> None:
    if given := [name for name, value in options.items() if value]:
        raise click.UsageError(f"{', '.join(given)} {why}.")


def _transform_objects(
    session: Session,
    source: str,
    destination: str,
    form: str | None,
    on_bad_record: str,
    run_id: str | None,
    instances: int,
) -> None:
    from pipeline.aws.storage import Location
    from pipeline.data.tables.bad_records import OnBadRecord
    from pipeline.deployment import run_choice
    from pipeline.prediction.batch_objects import ObjectsRequest, transform_objects
    from pipeline.prediction.staged_texts import JSON_LINES

    accept = "text/csv" if form == "csv" else JSON_LINES
    place = Location.parse(destination)
    request = ObjectsRequest(Location.parse(source), place, accept, instances, OnBadRecord(on_bad_record))
    for key in transform_objects(session, run_choice.model_name(session, run_id), request):
        click.echo(f"s3://{place.bucket}/{key}")
