"""Commands that change what serves: a release, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.group import announce, cli, with_rehearsal
from pipeline.cli.options.release_options import Duration, as_release, release_options
from pipeline.console import say

if TYPE_CHECKING:
    from pipeline.aws.session import Session
    from pipeline.deployment.deploy import Release


@cli.command(name="deploy-pipeline", short_help="Put both containers behind one endpoint.")
@click.option("--run", "run_id", help="The run to deploy.  [default: the latest]")
@click.option(
    "--code",
    type=click.Choice(["trained", "current"]),
    default="trained",
    show_default=True,
    help="The code that serves: the model's own, or the working tree's with the same weights.",
)
@click.option(
    "--serving",
    type=click.Choice(["wsgi", "toolkit"]),
    default="wsgi",
    show_default=True,
    help="What stands between the image's server and that code: our own WSGI application, or AWS's toolkit.",
)
@click.option("--model-package", envvar="MODEL_PACKAGE", help="A version of the model registry, by number or ARN.")
@click.option("--latest-approved", is_flag=True, envvar="LATEST_APPROVED", help="The newest version that is approved.")
@click.option(
    "--ttl",
    type=Duration(),
    envvar="TTL",
    help="Delete the endpoint after this time (2h), whether this machine runs or not; 0 takes that back.",
)
@release_options
@with_rehearsal
def deploy_pipeline(
    session: Session,
    run_id: str | None,
    code: str,
    serving: str,
    model_package: str | None,
    latest_approved: bool,
    ttl: int | None,
    **given: Any,
) -> None:
    """Put both containers behind one endpoint; the former model serves until the new one is up.

    An update is watched by alarms and taken back when one goes off. The same command again changes nothing.
    """
    if model_package or latest_approved:
        _refuse_of_runs(run_id, code, serving, bool(model_package and latest_approved))
    release = as_release(session, given)
    release.check()
    announce(session)
    if model_package or latest_approved:
        model = _deploy_version(session, model_package, release)
    else:
        model = _deploy_run(session, run_id, code, serving, release)
    _expire(session, ttl)
    if session.rehearsal is None:
        click.echo(f'endpoint {session.name} serves model {model}; next: make invoke TEXT="..."')


def _expire(session: Session, ttl: int | None) -> None:
    if ttl is None:
        return
    from pipeline.deployment import expiry

    if ttl > 0:
        expiry.expire(session, ttl)
        return
    for deleted in expiry.delete(session):
        say(f"deleted {deleted}")


def _refuse_of_runs(run_id: str | None, code: str, serving: str, both: bool) -> None:
    if both:
        raise click.UsageError("--model-package and --latest-approved both name a version; give one.")
    if run_id or code != "trained" or serving != "wsgi":
        raise click.UsageError(
            "A version of the model registry has its run and code: leave --run, --code and --serving."
        )


def _deploy_run(session: Session, run_id: str | None, code: str, serving: str, release: Release) -> str:
    from pipeline.deployment import run_choice
    from pipeline.deployment.deploy import deploy
    from pipeline.deployment.pipeline_model import CodeChoice
    from pipeline.jobs.container_environment import Serving

    run = run_choice.named_or_latest(session, run_id)
    return deploy(session, run, CodeChoice(code), Serving(serving), release)


def _deploy_version(session: Session, name: str | None, release: Release) -> str:
    from pipeline.deployment.deploy import deploy_version
    from pipeline.registry import packages

    version = packages.named(session, name) if name else packages.latest_approved(session)
    return deploy_version(session, version, release)


@cli.command(short_help="Go back to the configuration before.")
@with_rehearsal
def rollback(session: Session) -> None:
    """Bring the endpoint back to the configuration before, all traffic at once and without waiting."""
    from pipeline.deployment.rollback import rollback as roll_back

    announce(session)
    config = roll_back(session)
    if session.rehearsal is None:
        click.echo(f"endpoint {session.name} serves with configuration {config}")


@cli.command(short_help="Let the endpoint's instances come and go with its requests.")
@click.option(
    "--min",
    "least",
    type=click.IntRange(min=1),
    default=1,
    envvar="MIN_INSTANCES",
    show_default=True,
    help="Instances.",
)
@click.option("--max", "most", type=click.IntRange(min=1), envvar="MAX_INSTANCES", help="Instances.")
@click.option(
    "--target-invocations",
    type=click.FloatRange(min=0, min_open=True),
    envvar="TARGET_INVOCATIONS",
    help="Requests a minute that one instance is to have, on the average (docs/releases.md says how to choose it).",
)
@click.option("--scale-in-cooldown", type=Duration(), default="5m", show_default=True, help="Before fewer instances.")
@click.option("--scale-out-cooldown", type=Duration(), default="1m", show_default=True, help="Before more instances.")
@click.option("--off", is_flag=True, help="Scale no more; the instances stay as many as they are.")
@with_rehearsal
def scale(
    session: Session,
    least: int,
    most: int | None,
    target_invocations: float | None,
    scale_in_cooldown: int,
    scale_out_cooldown: int,
    off: bool,
) -> None:
    """Let the endpoint's instances come and go with its requests."""
    from pipeline.deployment import scaling

    if off:
        for deleted in scaling.delete(session):
            say(f"deleted {deleted}")
        return
    if most is None or target_invocations is None:
        raise click.UsageError("Give --max and --target-invocations, or --off.")
    announce(session)
    wanted = scaling.Scaling(least, most, target_invocations, scale_in_cooldown, scale_out_cooldown)
    scaling.scale(session, wanted)
