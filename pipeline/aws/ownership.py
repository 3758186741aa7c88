"""Whose a resource is: everything this pipeline creates carries its tag, as names alone could be anybody's."""

from __future__ import annotations

from pipeline.aws.session import OWNER_TAG, Session
from pipeline.errors import BadInput


def is_ours(session: Session, arn: str) -> bool:
    """Tell by its tag whether a resource belongs to this pipeline: names alone could belong to anybody's."""
    tags = session.sagemaker.list_tags(ResourceArn=arn)["Tags"]
    return {"Key": OWNER_TAG, "Value": session.name} in tags


def not_ours(session: Session, kind: str, name: str) -> BadInput:
    """What to say of a resource that has the name of one of ours and is somebody else's."""
    return BadInput(
        f"The {kind} {name!r} on target {session.target.name} is not this pipeline's: it does not carry the tag "
        f"{OWNER_TAG}={session.name}. It is left as it is; choose another name with --name (make: PIPELINE_NAME=...)."
    )


def hold_to_owner(session: Session, kind: str, name: str, arn: str) -> None:
    """See that a resource is ours before it is used, changed or deleted.

    Raises
    ------
    BadInput
        If it is not; the message names it and says what to do.
    """
    if not is_ours(session, arn):
        raise not_ours(session, kind, name)
