"""Commands that make what the others need in an account, and take it away."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.group import cli, with_session
from pipeline.console import say

if TYPE_CHECKING:
    from pipeline.aws.session import Session
    from pipeline.infrastructure.parameters import Wishes


@cli.command(short_help="Make bucket, roles and policies in the account.")
@click.option("--create-key/--no-create-key", "creates_key", default=None, help="Encrypt with a KMS key of its own.")
@click.option("--kms-key", metavar="ARN", help="Encrypt with this KMS key.")
@click.option("--subnets", metavar="ID,ID", help="Subnets of jobs and endpoints.  [default: SageMaker's own network]")
@click.option("--security-groups", metavar="ID,ID", help="Security groups in those subnets.")
@click.option("--budget", type=click.IntRange(min=0), help="Mail at so many dollars a month for SageMaker; 0: none.")
@click.option("--budget-email", metavar="ADDRESS", help="Where the budget's mails go.")
@click.option("--delete", "is_delete", is_flag=True, help="Take it all away again.")
@click.option("--data", "and_data", is_flag=True, help="With --delete: also what the bucket holds.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Print the request for the change set, and make nothing.")
@with_session
def bootstrap(session: Session, is_delete: bool, and_data: bool, yes: bool, dry_run: bool, **named: Any) -> None:
    """Make what the pipeline needs: a bucket, the role of its jobs, the policies of those who run the commands.

    What exists already can be used instead: --role and --bucket before the command's name, --kms-key, --subnets.
    """
    from pipeline.infrastructure import bootstrap as making
    from pipeline.infrastructure import removal, stack

    confirm = _confirm(session, yes)
    if is_delete:
        deleted = removal.delete(session, and_data, confirm)
        click.echo({True: "deleted", False: "there is no such stack", None: "nothing was deleted"}[deleted])
        return
    wishes = _wishes(session, named)
    if dry_run:
        request = making.change_set_request(session, wishes, stack.find_ours(session))
        noted = {"service": "cloudformation", "operation": "CreateChangeSet", "request": request}
        click.echo(json.dumps([noted], indent=2))
        return
    outputs = making.bootstrap(session, wishes, confirm)
    click.echo("nothing was made" if outputs is None else "\n".join(f"{k:20}  {v}" for k, v in outputs.items()))


def _wishes(session: Session, named: dict[str, Any]) -> Wishes:
    from pipeline.infrastructure.parameters import Wishes

    wishes = Wishes(bucket=session.choices.bucket, role_arn=session.choices.role_arn, **named)
    wishes.check()
    return wishes


def _confirm(session: Session, yes: bool) -> Callable[[list[str]], bool]:
    def ask(lines: list[str]) -> bool:
        say(f"on target {session.target.name}, account {session.account}, region {session.region}:")
        say("\n".join(lines))
        return yes or click.confirm("Go on?", err=True)

    return ask


@cli.command(short_help="The shortest real life of a pipeline, taken away again.")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=40.0,
    show_default=True,
    help="Give up after this time.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_session
def smoke(session: Session, minutes: float, yes: bool) -> None:
    """Bootstrap, train on the sample, deploy, classify one text, and take all of it away, under a name of its own.

    It costs at most --minutes of one instance (--instance-type) at a time, and the seconds of two short jobs.
    """
    from pipeline.cli import smoke as life

    own = life.own_session(session)
    lines = [f"the pipeline {own.name}: at most {minutes:g} minutes of one {own.instance_type} at a time"]
    if not _confirm(own, yes)(lines):
        click.echo("nothing was made")
        return
    prediction = life.run(own, minutes)
    click.echo(f"{prediction.category} ({prediction.probability:.2%}); nothing of {own.name} is left")
