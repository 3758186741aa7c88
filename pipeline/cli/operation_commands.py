"""Commands that look after what runs: status, logs, teardown, the local SageMaker."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from pipeline.cli.group import announce, cli, with_rehearsal, with_session

if TYPE_CHECKING:
    from pipeline.aws.session import Session


@cli.command(short_help="What is trained, deployed and serving.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@with_session
def status(session: Session, as_json: bool) -> None:
    """Say what is trained, what is deployed, and which code serves."""
    from pipeline.deployment.status import status as read_status

    state = read_status(session)
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
@with_session
def logs(session: Session, source: str, minutes: float, follow: bool) -> None:
    """Print the containers' output."""
    from pipeline.aws.log_reading import LogSource, read

    for line in read(session, LogSource(source), minutes, follow):
        click.echo(f"{line.stream}  {line.message}")


@cli.command(short_help="Delete the endpoint and all that was made for it.")
@click.option("--data", "and_data", is_flag=True, help="Also delete all of this pipeline's data and models in S3.")
@click.option("--yes", is_flag=True, envvar="YES", help="Do not ask, where this would take something off a bill.")
@with_rehearsal
def teardown(session: Session, and_data: bool, yes: bool) -> None:
    """Delete the endpoint, its scaling, alarms, schedule, configurations and models; only what carries our tag."""
    from pipeline.deployment.teardown import teardown as tear_down

    announce(session)
    if session.target.bills and not yes and session.rehearsal is None:
        _ask(session, and_data)
    count = tear_down(session, and_data)
    if session.rehearsal is not None:
        return
    click.echo(f"{count} things deleted; nothing of {session.name} runs on target {session.target.name}")


def _ask(session: Session, and_data: bool) -> None:
    import sys

    if not sys.stdin.isatty():
        raise click.UsageError("Nobody is there to be asked: give --yes (make: YES=1).")
    data = ", and ALL DATA AND MODELS in S3" if and_data else ""
    click.confirm(f"Delete the endpoint {session.name} and all that was made for it{data}?", abort=True, err=True)


@cli.group(short_help="The local SageMaker: up, status, down, env.")
def local() -> None:
    """The local SageMaker: start, stop, and point other AWS clients at it."""


@local.command()
def up() -> None:
    """Start the local SageMaker, when it does not run yet."""
    from pipeline.aws.local_server import start

    click.echo(start())


@local.command(name="status")
def local_status() -> None:
    """Say where the local SageMaker is, and whether it runs today's code."""
    from pipeline.aws.local_server import status

    click.echo(status())


@local.command()
def down() -> None:
    """Stop the local SageMaker and all that it runs; what it stores stays."""
    from pipeline.aws.local_server import stop

    click.echo(stop())


@local.command()
def env() -> None:
    """Print what points a shell's AWS clients at it:  eval "$(python -m pipeline local env)"."""
    import shlex

    from pipeline.aws.local_server import shell_environment

    for name, value in shell_environment().items():
        click.echo(f"export {name}={shlex.quote(value)}")
