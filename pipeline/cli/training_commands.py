"""Commands up to a trained run: the demonstration, data, training, tuning, profiles."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.group import PATH, announce, cli, session_of, with_sdk, with_session
from pipeline.cli.options.data_options import as_data_options, data_options

if TYPE_CHECKING:
    from pipeline.aws.session import Session


_SPOT = click.option(
    "--spot",
    is_flag=True,
    envvar="SPOT",
    help="Train on spare instances, which cost less; a job that loses its own goes on from its checkpoints.",
)


_ENGINE = click.option(
    "--engine",
    type=click.Choice(["plain", "spark"]),
    default="plain",
    envvar="ENGINE",
    show_default=True,
    help="What counts: training jobs of one machine each, or Apache Spark on any number.",
)
_INSTANCES = click.option(
    "--instances",
    type=click.IntRange(min=1),
    default=1,
    envvar="INSTANCES",
    show_default=True,
    help="With --engine spark: on how many machines.",
)


@cli.command(short_help="The main job from nothing, on the local SageMaker.")
@click.pass_context
def demo(context: click.Context) -> None:
    """Train, deploy and classify one text, always on the local SageMaker: a demonstration bills nobody."""
    from pipeline.aws import local_server, sdk

    _, choices = context.obj
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(local_server.client_environment)  # what is imported and prepared needs no server
        from pipeline.cli.demo import run

        sdk.begin_import()
        run(choices, starting)


@cli.command(short_help="Fetch or read the data and check it.")
@data_options
@click.pass_context
def prepare(context: click.Context, /, profile: str | None, settings: tuple[str, ...], **data: Any) -> None:
    """Fetch or read the data, check it, and write the train and test splits below prepared/."""
    from pipeline import profiles
    from pipeline.data.preparation import prepare as prepare_data
    from pipeline.data.tables.files import Find, local_files

    _, choices = context.obj
    options = as_data_options(data)
    if not any(given.startswith("s3://") for given in (*options.input, *options.test_input)):
        find: Find = local_files
    else:
        from pipeline.training.s3_inputs import finder

        find = finder(session_of(context))
    files = prepare_data(options, profiles.load(profile, settings), choices.name, find)
    click.echo(files.directory)


@cli.command(short_help="Train both models.")
@data_options
@_SPOT
@_ENGINE
@_INSTANCES
@with_sdk
@with_session
def train(
    session: Session,
    profile: str | None,
    settings: tuple[str, ...],
    spot: bool,
    engine: str,
    instances: int,
    **data: Any,
) -> None:
    """Train both models: a training job, a batch transform, a training job; with --engine spark one processing job."""
    from pipeline import profiles
    from pipeline.spark.training import train as train_on_spark
    from pipeline.training.train import train as train_models

    if engine == "plain" and instances > 1:
        raise click.UsageError("--instances: a training job of this project has one machine; --engine spark has more.")
    if engine == "spark" and spot:
        raise click.UsageError("--spot: processing jobs do not run on spare instances; leave it out.")
    announce(session)
    chosen, options = profiles.load(profile, settings), as_data_options(data)
    if engine == "spark":
        _print_run(train_on_spark(session, options, chosen, instances))
    else:
        _print_run(train_models(session, options, chosen, spot))


@cli.command(short_help="Try many settings on the train split; write a profile.")
@data_options
@click.option(
    "--ordered/--unordered",
    default=None,
    help="Whether the records are in the order of time: then earlier ones have to answer later ones.  "
    "[default: as the data set says; a CSV does not]",
)
@_SPOT
@click.option("--output", type=PATH, help="The new profile.  [default: PROFILE-tuned.toml]")
@click.option("--json", "as_json", is_flag=True, help="Print all candidates as JSON.")
@with_sdk
@with_session
def tune(
    session: Session,
    profile: str | None,
    settings: tuple[str, ...],
    ordered: bool | None,
    spot: bool,
    output: Path | None,
    as_json: bool,
    **data: Any,
) -> None:
    """Try every combination of a profile's ranges by cross-validation on the train split, as one training job, and
    write a profile with the best one. The test split is not looked at.
    """
    from pipeline import profiles
    from pipeline.training.tune import tune as tune_settings

    chosen = profiles.load(profile, settings)
    destination = output or Path(f"{chosen.name}-tuned.toml")
    announce(session)
    tuned = tune_settings(session, as_data_options(data), chosen, ordered, destination, spot)
    if as_json:
        click.echo(json.dumps(tuned.as_dict(), indent=2))
        return
    click.echo("\n".join(tuned.lines(most=10)))
    click.echo(f"profile {tuned.profile}; next: make train PROFILE={tuned.profile}")


def _print_run(run: Any) -> None:
    from pipeline.artefacts.source_code import Container

    features, classes = (run.artefacts[container].manifest for container in Container)
    click.echo(
        f"trained on {run.dataset} with profile {run.profile}: {features['n_features']:,} features, "
        f"{features['n_nonzero']:,} non-zeros, "
        f"{len(classes['categories'])} categories, accuracy on the train split {classes['training_accuracy']:.4f}"
    )
    click.echo(f"run {run.id}; next: make deploy-pipeline")


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
