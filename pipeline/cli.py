"""The command line: options, exit codes (0 done, 1 failed, 2 bad usage), and printing. Everything else is elsewhere.

What a command needs is imported inside it, so that the quick ones stay quick.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.data_options import data_options
from pipeline.errors import BadInput, PipelineError
from pipeline.session import Choices
from pipeline.target import TargetName

if TYPE_CHECKING:
    from pipeline.data.preparation import DataOptions
    from pipeline.evaluation import Way
    from pipeline.invocation import Prediction
    from pipeline.runs import Run
    from pipeline.session import Session

_PATH = click.Path(path_type=Path)


class _ReportingGroup(click.Group):
    """Turns what a user can act on into one line and an exit code; only a fault of ours leaves a trace."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands in the order in which they are used."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PipelineError as error:
            raise SystemExit(_fail(str(error))) from error
        except KeyboardInterrupt:
            raise SystemExit(_fail("Interrupted.", code=130)) from None
        except Exception as error:
            if (explained := _explain_aws(error)) is None:
                raise
            raise SystemExit(_fail(explained)) from error


def _fail(message: str, code: int = 1) -> int:
    click.echo(f"Error: {message}", err=True)
    return code


def _explain_aws(error: Exception) -> str | None:
    """Say in a line what boto3 ran into; None for anything that is not boto3's."""
    import botocore.exceptions

    if isinstance(error, botocore.exceptions.NoCredentialsError):
        return "No AWS credentials were found. Run `aws configure`, or use TARGET=local, which needs none."
    if isinstance(error, botocore.exceptions.EndpointConnectionError | botocore.exceptions.ConnectionClosedError):
        return f"{error} For TARGET=local, `make local-up` starts the server and says where its log is."
    if isinstance(error, botocore.exceptions.BotoCoreError | botocore.exceptions.ClientError):
        return str(error)
    return None


@click.group(cls=_ReportingGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--target",
    type=click.Choice([name.value for name in TargetName]),
    default=TargetName.LOCAL.value,
    envvar="TARGET",
    show_default=True,
    help="Where to run.",
)
@click.option(
    "--name",
    default="text-pipeline",
    envvar="PIPELINE_NAME",
    show_default=True,
    help="The endpoint's name, and the prefix of all others.",
)
@click.option("--role", envvar="SAGEMAKER_ROLE_ARN", help="Execution role of jobs and models (AWS only).")
@click.option("--bucket", envvar="PIPELINE_BUCKET", help="S3 bucket.  [default: sagemaker-<region>-<account>]")
@click.option(
    "--instance-type",
    default="ml.m5.large",
    envvar="PIPELINE_INSTANCE_TYPE",
    show_default=True,
    help="For jobs and the endpoint.",
)
@click.pass_context
def cli(
    context: click.Context, target: TargetName, name: str, role: str | None, bucket: str | None, instance_type: str
) -> None:
    """A two-container text-classification pipeline on SageMaker: on AWS, or on the local SageMaker that comes with it.

    \b
    The usual order:  train → deploy-pipeline → invoke | batch-transform | evaluate → teardown
    """
    context.obj = (TargetName(target), Choices(_checked_name(name), role, bucket, instance_type))


def _checked_name(name: str) -> str:
    """Job names are made of it, and SageMaker takes 63 letters, digits and single hyphens in them."""
    import re

    if len(name) > 28 or not re.fullmatch(r"[A-Za-z0-9](-?[A-Za-z0-9])*", name):
        raise click.BadParameter(
            "use 1 to 28 letters, digits and hyphens, with no hyphen at an end.", param_hint="--name"
        )
    return name


def _with_session(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command its session; on the local target the server is started when it is not there."""

    @click.pass_context
    @wraps(command)
    def run(context: click.Context, *args: Any, **kwargs: Any) -> None:
        context.invoke(command, _session(context), *args, **kwargs)

    return run


def _session(context: click.Context) -> Session:
    from pipeline.session import Session
    from pipeline.target import use_aws

    target, choices = context.obj
    return _local_session(choices) if target is TargetName.LOCAL else Session(use_aws(), choices)


def _local_session(choices: Choices) -> Session:
    from pipeline.local_server import client_environment
    from pipeline.session import Session
    from pipeline.target import use_local

    return Session(use_local(client_environment()), choices)


def _options(values: dict[str, Any]) -> DataOptions:
    from pipeline.data.preparation import DataOptions

    return DataOptions(**values)


@cli.command(short_help="The main job from nothing, on the local SageMaker.")
@click.pass_context
def demo(context: click.Context) -> None:
    """Train, deploy and classify one text, always on the local SageMaker: a demonstration bills nobody."""
    from pipeline.demo import run

    _, choices = context.obj
    run(_local_session(choices))


@cli.command(short_help="Fetch or read the data and check it.")
@data_options
@click.pass_context
def prepare(context: click.Context, /, profile: str | None, settings: tuple[str, ...], **data: Any) -> None:
    """Fetch or read the data, check it, and write the train and test splits below prepared/."""
    from pipeline import profiles
    from pipeline.data.preparation import prepare as prepare_data

    _, choices = context.obj
    files = prepare_data(_options(data), profiles.load(profile, settings), choices.name)
    click.echo(files.directory)


@cli.command(short_help="Train both models.")
@data_options
@_with_session
def train(session: Session, profile: str | None, settings: tuple[str, ...], **data: Any) -> None:
    """Train both models: a training job, a batch transform, a training job."""
    from pipeline import profiles
    from pipeline.training import train as train_models

    run = train_models(session, _options(data), profiles.load(profile, settings))
    _print_run(run)


@cli.command(short_help="Try many settings on the train split; write a profile.")
@data_options
@click.option(
    "--ordered/--unordered",
    default=None,
    help="Whether the records are in the order of time: then earlier ones have to answer later ones.  "
    "[default: as the data set says; a CSV does not]",
)
@click.option("--output", type=_PATH, help="The new profile.  [default: PROFILE-tuned.toml]")
@click.option("--json", "as_json", is_flag=True, help="Print all candidates as JSON.")
@_with_session
def tune(
    session: Session,
    profile: str | None,
    settings: tuple[str, ...],
    ordered: bool | None,
    output: Path | None,
    as_json: bool,
    **data: Any,
) -> None:
    """Try every combination of a profile's ranges by cross-validation on the train split, as one training job, and
    write a profile with the best one. The test split is not looked at.
    """
    from pipeline import profiles
    from pipeline.tuning import tune as tune_settings

    chosen = profiles.load(profile, settings)
    tuned = tune_settings(session, _options(data), chosen, ordered, output or Path(f"{chosen.name}-tuned.toml"))
    if as_json:
        click.echo(json.dumps(tuned.as_dict(), indent=2))
        return
    click.echo("\n".join(tuned.lines(most=10)))
    click.echo(f"profile {tuned.profile}; next: make train PROFILE={tuned.profile}")


def _print_run(run: Any) -> None:
    from pipeline.source_code import Container

    features, classes = (run.artefacts[container].manifest for container in Container)
    click.echo(
        f"trained on {run.dataset} with profile {run.profile}: {features['n_features']:,} features, "
        f"{features['n_nonzero']:,} non-zeros, "
        f"{len(classes['categories'])} categories, accuracy on the train split {classes['training_accuracy']:.4f}"
    )
    click.echo(f"run {run.id}; next: make deploy-pipeline")


@cli.command(name="deploy-pipeline", short_help="Put both containers behind one endpoint.")
@click.option("--run", "run_id", help="The run to deploy.  [default: the latest]")
@click.option(
    "--code",
    type=click.Choice(["trained", "current"]),
    default="trained",
    show_default=True,
    help="The code that serves: the model's own, or the working tree's with the same weights.",
)
@_with_session
def deploy_pipeline(session: Session, run_id: str | None, code: str) -> None:
    """Put both containers behind one endpoint; the former model serves until the new one is up."""
    from pipeline import runs
    from pipeline.deployment import CodeChoice, deploy

    model = deploy(session, runs.find(session.s3, session.home, run_id), CodeChoice(code))
    click.echo(f'endpoint {session.name} serves model {model}; next: make invoke TEXT="..."')


@cli.command()
@click.argument("text", envvar="TEXT", required=False)
@click.option("--file", "path", type=_PATH, help="Take the text from a file (UTF-8).")
@click.option("--stdin", "from_stdin", is_flag=True, help="Take the text from standard input.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@_with_session
def invoke(session: Session, text: str | None, path: Path | None, from_stdin: bool, as_json: bool) -> None:
    """Classify one TEXT with the endpoint."""
    from pipeline.invocation import classify_text

    prediction = classify_text(session, _the_text(text, path, from_stdin))
    if as_json:
        click.echo(json.dumps(_as_dict(prediction), ensure_ascii=False))
    else:
        _print_prediction(prediction)


def _the_text(text: str | None, path: Path | None, from_stdin: bool) -> str:
    """Take the text from where the user put it; an explicit option wins over the environment's TEXT."""
    if path is not None and from_stdin:
        raise click.UsageError("Give --file or --stdin, not both.")
    if from_stdin:
        return _decoded(sys.stdin.buffer.read(), "standard input")
    if path is not None:
        try:
            return _decoded(path.read_bytes(), str(path))
        except OSError as error:
            raise BadInput(f"{path}: {error.strerror}.") from error
    if text is None:
        raise click.UsageError('There is no text. Give one: make invoke TEXT="...", or --file PATH, or --stdin.')
    return text


def _decoded(content: bytes, where: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{where}: byte {error.start} is not UTF-8. Convert the text first, for example with iconv."
        ) from error


@cli.command(short_help="Ask plain scikit-learn: the fitted estimators.")
@click.argument("text", envvar="TEXT", required=False)
@click.option("--run", "run_id", help="The run whose estimators to open.  [default: the latest]")
@_with_session
def estimators(session: Session, text: str | None, run_id: str | None) -> None:
    """Open the fitted scikit-learn estimators of a run, after checking that they are what training wrote, and print
    what they are; with a TEXT, classify it with them, without any container.
    """
    from pipeline import runs
    from pipeline.estimators import open_estimators

    vectorizer, classifier = open_estimators(session, runs.find(session.s3, session.home, run_id)).values()
    click.echo(f"{type(vectorizer).__name__} with {len(vectorizer.vocabulary_):,} features\n{classifier}")
    if text is not None:
        click.echo(classifier.predict(vectorizer.transform([text]))[0])


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
@_with_session
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
    from pipeline import batch
    from pipeline.data.table import Table
    from pipeline.storage import Location

    if source.startswith("s3://") != destination.startswith("s3://"):
        raise click.UsageError("INPUT and OUTPUT are both files, or both s3:// prefixes.")
    if source.startswith("s3://"):
        accept = "text/csv" if form == "csv" else batch.JSON_LINES
        model = _pipeline_model(session, run_id)
        for key in batch.transform_prefix(session, model, Location.parse(source), Location.parse(destination), accept):
            click.echo(f"s3://{Location.parse(destination).bucket}/{key}")
        return
    if text_column is None:
        raise click.UsageError("Name the column that holds the text: --text-column (make: TEXT_COLUMN=...).")
    table = Table(Path(source), encoding)
    columns = batch.TextColumns(text_column, subject_column)
    count = batch.transform_table(session, _pipeline_model(session, run_id), table, columns, Path(destination))
    click.echo(f"{count:,} records classified: {destination}")


def _pipeline_model(session: Session, run_id: str | None = None) -> str:
    """Return the model to use: that of the endpoint, or of the run (the latest when none is named)."""
    from pipeline import runs, serving

    if run_id is None and (deployed := serving.find(session)) is not None:
        return deployed.model
    from pipeline.deployment import CodeChoice, ensure_pipeline_model

    return ensure_pipeline_model(session, runs.find(session.s3, session.home, run_id), CodeChoice.TRAINED)


@cli.command(short_help="Accuracy and F1 on the test split.")
@click.option("--batch", "by_batch", is_flag=True, help="By a batch transform instead of the endpoint.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@_with_session
def evaluate(session: Session, by_batch: bool, as_json: bool) -> None:
    """Classify the test split and print accuracy, macro-F1 and each category's part."""
    from pipeline.evaluation import evaluate as evaluate_run

    run, way = _deployed_run(session, by_batch)
    evaluation = evaluate_run(session, run, _pipeline_model(session), way)
    click.echo(json.dumps(evaluation.as_dict(), indent=2) if as_json else "\n".join(evaluation.lines()))


def _deployed_run(session: Session, by_batch: bool) -> tuple[Run, Way]:
    """Return the run that the endpoint serves (by a batch transform: else the latest), and how to ask it."""
    from pipeline import runs, serving
    from pipeline.evaluation import Way

    deployed = serving.find(session)
    if deployed is None and not by_batch:
        raise serving.not_deployed(session)
    run = runs.find(session.s3, session.home, deployed.run if deployed else None)
    return run, Way.BATCH if by_batch else Way.ENDPOINT


@cli.command(short_help="A page on the data and the model, with every figure.")
@click.option("--batch", "by_batch", is_flag=True, help="Classify by a batch transform instead of the endpoint.")
@click.option(
    "--compare", "other", envvar="COMPARE", metavar="RUN|PROFILE", help="Another run, or the latest one of a profile."
)
@click.option(
    "--output", "directory", type=_PATH, default="report", show_default=True, help="The directory to write it to."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON, too.")
@_with_session
def report(session: Session, by_batch: bool, other: str | None, directory: Path, as_json: bool) -> None:
    """Classify the test split and write a page with all that can be seen of the data and of the model.

    The directory gets index.html (one file, opens offline), metrics.json, predictions.csv and figures/.
    """
    run, way = _deployed_run(session, by_batch)
    from pipeline.report import making, writing

    writing.make_ready(directory)
    compared = making.find_other(session, other, run) if other else None
    analysis = making.make(session, making.Request(run, _pipeline_model(session), way, compared))
    writing.write(analysis, directory)
    click.echo(writing.as_json(analysis) if as_json else "\n".join(writing.summary(analysis, directory)))


@cli.command(short_help="Why a text gets its category.")
@click.argument("text", envvar="TEXT", required=False)
@click.option("--file", "path", type=_PATH, help="Take the text from a file (UTF-8).")
@click.option("--stdin", "from_stdin", is_flag=True, help="Take the text from standard input.")
@click.option("--run", "run_id", help="The run whose model to ask.  [default: the one that the endpoint serves]")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@_with_session
def explain(
    session: Session, text: str | None, path: Path | None, from_stdin: bool, run_id: str | None, as_json: bool
) -> None:
    """Classify one TEXT and print each known word's share of the decision between the category and the runner-up."""
    from pipeline.report import explaining, terminal

    asked = _the_text(text, path, from_stdin)
    found, model = explaining.explain_run(session, run_id, asked)
    if as_json:
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False))
    else:
        terminal.show(found, model, asked)


@cli.command(short_help="What is trained, deployed and serving.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@_with_session
def status(session: Session, as_json: bool) -> None:
    """Say what is trained, what is deployed, and which code serves."""
    from pipeline.status import status as look

    state = look(session)
    click.echo(json.dumps(state.as_dict(), indent=2) if as_json else "\n".join(state.lines()))


@cli.command(short_help="Print the containers' output.")
@click.option(
    "--of",
    "source",
    type=click.Choice(["endpoint", "training", "transform"]),
    default="endpoint",
    show_default=True,
    help="Whose output.",
)
@click.option(
    "--since", "minutes", type=click.FloatRange(min=0), default=60.0, show_default=True, help="How many minutes back."
)
@click.option("--follow", is_flag=True, help="Go on until Ctrl-C.")
@_with_session
def logs(session: Session, source: str, minutes: float, follow: bool) -> None:
    """Print the containers' output."""
    from pipeline.log_reading import Source, read

    for line in read(session, Source(source), minutes, follow):
        click.echo(f"{line.stream}  {line.message}")


@cli.command(short_help="Delete the endpoint, its configurations and models.")
@click.option("--data", "and_data", is_flag=True, help="Also delete all of this pipeline's data and models in S3.")
@_with_session
def teardown(session: Session, and_data: bool) -> None:
    """Delete the endpoint, its configurations and models."""
    from pipeline.teardown import teardown as tear_down

    count = tear_down(session, and_data)
    click.echo(f"{count} things deleted; nothing of {session.name} runs on target {session.target.name}")


@cli.command(name="profiles", short_help="List the recipes that come with the project.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_profiles(as_json: bool) -> None:
    """List the profiles that come with the project, with their settings.

    A profile of your own is a .toml file of the same form: --profile my.toml
    """
    from pipeline import profiles

    known = [profiles.load(name) for name in profiles.names()]
    if as_json:
        click.echo(json.dumps([profile.model_dump() for profile in known], indent=2))
        return
    for profile in known:
        default = "  (default)" if profile.name == profiles.DEFAULT else ""
        click.echo(f"{profile.name}{default}: {profile.description}")
        for section, values in profile.model_dump(include=set(profiles.SECTIONS), exclude_defaults=True).items():
            for name, value in values.items():
                click.echo(f"  {section}.{name} = {json.dumps(value)}")


@cli.group(short_help="The local SageMaker: up, down, env.")
def local() -> None:
    """The local SageMaker: start, stop, and point other AWS clients at it."""


@local.command()
def up() -> None:
    """Start the local SageMaker, when it does not run yet."""
    from pipeline.local_server import start

    click.echo(start())


@local.command()
def down() -> None:
    """Stop the local SageMaker and all that it runs; what it stores stays."""
    from pipeline.local_server import stop

    click.echo(stop())


@local.command()
def env() -> None:
    """Print what points a shell's AWS clients at it:  eval "$(python -m pipeline local env)"."""
    import shlex

    from pipeline.local_server import client_environment

    for name, value in client_environment().items():
        click.echo(f"export {name}={shlex.quote(value)}")
