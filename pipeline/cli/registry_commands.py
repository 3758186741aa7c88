"""Commands of the model registry: a version, and whether it may serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipeline.cli.group import announce, cli, with_rehearsal, with_session

if TYPE_CHECKING:
    from pipeline.aws.session import Session

_VERSION = click.option(
    "--version", "number", type=click.IntRange(min=1), envvar="MODEL_VERSION", help="Which.  [default: the newest]"
)
_WHY = click.option("--why", help="Kept with it in the registry.")


@cli.command(short_help="Make a run a version of the model registry.")
@click.option("--run", "run_id", help="The run.  [default: the latest]")
@with_session
def register(session: Session, run_id: str | None) -> None:
    """Score a run on its test split and register it, with its scores and fingerprints; it waits for approval."""
    from pipeline.deployment import run_choice
    from pipeline.prediction.registering import register as register_run

    announce(session)
    version = register_run(session, run_choice.named_or_latest(session, run_id))
    click.echo(f"version {version.number}: {version.approval}; next: make approve")


@cli.command(short_help="Let a version serve.")
@_VERSION
@_WHY
@with_rehearsal
def approve(session: Session, number: int | None, why: str | None) -> None:
    """Approve a version of the model registry, so that `deploy-pipeline --latest-approved` takes it."""
    _judge(session, number, "Approved", why, "next: make deploy-pipeline LATEST_APPROVED=1")


@cli.command(short_help="Keep a version from serving.")
@_VERSION
@_WHY
@with_rehearsal
def reject(session: Session, number: int | None, why: str | None) -> None:
    """Reject a version of the model registry; what serves already serves on."""
    _judge(session, number, "Rejected", why, "an endpoint that serves it serves on until the next deployment")


def _judge(session: Session, number: int | None, approval: str, why: str | None, then: str) -> None:
    from pipeline.registry.packages import Approval, judge

    version = judge(session, number, Approval(approval), why)
    if session.rehearsal is None:
        click.echo(f"version {version.number}: {approval} (was {version.approval}); {then}")
