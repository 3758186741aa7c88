"""The command line's root: the options of every command, exit codes (0 done, 1 failed, 2 bad usage), and the session
that a command works with.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.aws.session import Choices
from pipeline.aws.target import TargetName
from pipeline.console import interrupted, say
from pipeline.errors import PipelineError

if TYPE_CHECKING:
    from pipeline.aws.rehearsal import Rehearsal
    from pipeline.aws.session import Session

PATH = click.Path(path_type=Path)


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
            raise interrupted() from None
        except Exception as error:
            from pipeline.cli.aws_errors import explain

            if (explained := explain(error)) is None:
                raise
            raise SystemExit(_fail(explained)) from error


def _fail(message: str) -> int:
    click.echo(f"Error: {message}", err=True)
    return 1


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


def with_rehearsal(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command its session and `--dry-run`, with which the session only shows what it would change."""

    @click.option("--dry-run", is_flag=True, help="Change nothing; print every request that would, as JSON.")
    @click.pass_context
    @wraps(command)
    def run(context: click.Context, dry_run: bool, *args: Any, **kwargs: Any) -> None:
        if not dry_run:
            context.invoke(command, session_of(context), *args, **kwargs)
            return
        import json

        from pipeline.aws.rehearsal import Rehearsal

        rehearsal = Rehearsal()
        context.invoke(command, session_of(context, rehearsal), *args, **kwargs)
        click.echo(json.dumps(rehearsal.requests, indent=2))

    return run


def announce(session: Session) -> None:
    """Say whose account a command is about to use, where that costs money."""
    if session.target.bills:
        say(f"AWS account {session.account}, region {session.region}")


def with_session(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command its session; on the local target the server is started when it is not there."""

    @click.pass_context
    @wraps(command)
    def run(context: click.Context, *args: Any, **kwargs: Any) -> None:
        context.invoke(command, session_of(context), *args, **kwargs)

    return run


def with_sdk(command: Callable[..., None]) -> Callable[..., None]:
    """Import the SageMaker SDK while session and data are made ready; for commands that are sure to create something.

    What it and the command have in common comes first: two threads that import the same are in each other's way.
    """

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        import pipeline.training.train  # noqa: F401
        from pipeline.aws import sdk

        sdk.begin_import()
        command(*args, **kwargs)

    return run


def session_of(context: click.Context, rehearsal: Rehearsal | None = None) -> Session:
    """Return a command's session; on the local target the server is started when it is not there."""
    from pipeline.aws.session import Session
    from pipeline.aws.target import use_aws

    target, choices = context.obj
    if target is TargetName.LOCAL:
        return local_session(choices, rehearsal)
    return Session(use_aws(), choices, rehearsal)


def local_session(choices: Choices, rehearsal: Rehearsal | None = None) -> Session:
    from pipeline.aws.local_server import client_environment
    from pipeline.aws.session import Session
    from pipeline.aws.target import use_local

    return Session(use_local(client_environment()), choices, rehearsal)
