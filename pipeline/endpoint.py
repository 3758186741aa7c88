"""This pipeline's endpoint as a thing to change: whose it is, waiting for what is under way with it, deleting it.

boto3 alone, so that `teardown` stays quick.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import botocore.exceptions

from pipeline.console import say
from pipeline.errors import BadInput

if TYPE_CHECKING:
    from mypy_boto3_sagemaker.type_defs import DescribeEndpointOutputTypeDef

    from pipeline.session import Session

OWNER_TAG = "text-pipeline:name"
"""Tag that says which pipeline (by `--name`) a resource belongs to."""

CHANGING = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack"})
"""The statuses after which an endpoint comes to another by itself, and until then takes no change."""


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


def describe(session: Session) -> DescribeEndpointOutputTypeDef | None:
    """Describe the endpoint of our name, whosever it is; None where there is none."""
    try:
        return session.sagemaker.describe_endpoint(EndpointName=session.name)
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "ValidationException":
            return None
        raise


def ours_at_rest(session: Session) -> DescribeEndpointOutputTypeDef | None:
    """Describe our endpoint once nothing is under way with it; None where there is none.

    Raises
    ------
    BadInput
        If an endpoint of that name is not ours.
    """
    last = ""
    while (endpoint := describe(session)) is not None:
        hold_to_owner(session, "endpoint", session.name, endpoint["EndpointArn"])
        status = endpoint["EndpointStatus"]
        if status not in CHANGING and status != "Deleting":
            break
        if status != last:
            say(f"endpoint {session.name}: {status}; waiting for that to end")
            last = status
        time.sleep(session.target.poll_seconds)
    return endpoint


def delete(session: Session) -> None:
    """Delete the endpoint, and wait until it is gone."""
    session.sagemaker.delete_endpoint(EndpointName=session.name)
    session.sagemaker.get_waiter("endpoint_deleted").wait(
        EndpointName=session.name, WaiterConfig={"Delay": max(1, round(session.target.poll_seconds))}
    )
