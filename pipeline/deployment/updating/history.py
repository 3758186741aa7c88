"""Which configurations an endpoint had, and whether a rollback is under way: kept in its tags, as SageMaker forgets.

Each note is written before the change that it is about, so that a command which was killed in between can be run again.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.aws.session import Session

CONFIGURATIONS_TAG = "text-pipeline:configurations"
"""The last configurations, the newest first, with spaces between: four names are as long as a tag may be."""
ROLLBACK_TAG = "text-pipeline:rollback-to"
"""The configuration that a rollback goes to, until it is there."""
_MOST = 4


def after_update(recorded: Sequence[str], current: str, new: str) -> list[str]:
    """Return the configurations, the newest first, once `new` follows `current`.

    What stands before `current` was never reached, or was rolled back.
    """
    older = recorded[recorded.index(current) :] if current in recorded else [current]
    return [new, *older][:_MOST]


def before(recorded: Sequence[str], current: str) -> str | None:
    """Return the configuration that was there before `current`; None where nothing is known of one."""
    following = recorded[recorded.index(current) + 1 :] if current in recorded else []
    return following[0] if following else None


def read(session: Session, arn: str) -> list[str]:
    """Return the recorded configurations, the newest first."""
    return _tags(session, arn).get(CONFIGURATIONS_TAG, "").split()


def write(session: Session, arn: str, configurations: Sequence[str]) -> None:
    """Record the configurations."""
    tag = {"Key": CONFIGURATIONS_TAG, "Value": " ".join(configurations)}
    session.sagemaker.add_tags(ResourceArn=arn, Tags=[tag])  # type: ignore[list-item]


def rollback_under_way(session: Session, arn: str) -> str | None:
    """Return where a rollback that was begun goes to; None where none was, or it has ended."""
    return _tags(session, arn).get(ROLLBACK_TAG)


def begin_rollback(session: Session, arn: str, configuration: str) -> None:
    """Record where a rollback goes to."""
    session.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": ROLLBACK_TAG, "Value": configuration}])


def end_rollback(session: Session, arn: str) -> None:
    """Record that no rollback is under way."""
    session.sagemaker.delete_tags(ResourceArn=arn, TagKeys=[ROLLBACK_TAG])


def _tags(session: Session, arn: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in session.sagemaker.list_tags(ResourceArn=arn)["Tags"]}
