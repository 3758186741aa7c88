"""`bootstrap --delete`: the stack taken away, with its bucket when that is empty or may be emptied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from pipeline.aws.finding import find
from pipeline.aws.infrastructure import stack_name
from pipeline.aws.ownership import is_ours
from pipeline.console import say
from pipeline.errors import BadInput, NotReady
from pipeline.infrastructure.stack import failure, find_ours

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

    from pipeline.aws.session import Session

_AT_ONCE = 1000
"""Objects that S3 deletes by one request."""


def delete(session: Session, and_data: bool, confirm: Callable[[list[str]], bool]) -> bool | None:
    """Delete the stack and what it made; returns whether there was one, None when the user said no.

    Raises
    ------
    NotReady
        If the endpoint still needs it, or the bucket holds data and `and_data` does not say that it may go.
    BadInput
        If the stack is not ours, or the bucket holds what is not the pipeline's.
    """
    stack = find_ours(session)
    if stack is None:
        return False
    _refuse_while_deployed(session)
    bucket = _own_bucket(session)
    versions = _versions(session, bucket, and_data) if bucket else []
    made = [f"Delete  {item['LogicalResourceId']}  {item['ResourceType']}" for item in _resources(session)]
    if not confirm([*made, *([f"Delete  {len(versions):,} versions of objects in {bucket}"] if versions else [])]):
        return None
    _empty(session, bucket, versions)
    session.cloudformation.delete_stack(StackName=stack["StackName"])
    left = find_ours(session)
    if left is not None:
        raise failure(session, left)
    return True


def _refuse_while_deployed(session: Session) -> None:
    endpoint = find(lambda: session.sagemaker.describe_endpoint(EndpointName=session.name))
    if endpoint is not None and is_ours(session, endpoint["EndpointArn"]):
        raise NotReady(f"The endpoint {session.name!r} runs with this infrastructure: run `make teardown` first.")


def _resources(session: Session) -> Iterator[dict[str, str]]:
    pages = session.cloudformation.get_paginator("list_stack_resources")
    for page in pages.paginate(StackName=stack_name(session.name)):
        for item in page["StackResourceSummaries"]:
            if item["ResourceStatus"] != "DELETE_COMPLETE":
                yield {
                    "LogicalResourceId": item["LogicalResourceId"],
                    "ResourceType": item["ResourceType"],
                    "PhysicalResourceId": item.get("PhysicalResourceId", ""),
                }


def _own_bucket(session: Session) -> str | None:
    """Return the bucket that the stack made and that is still there; one that was given to it is not the stack's."""
    for item in _resources(session):
        if item["ResourceType"] == "AWS::S3::Bucket" and session.has_bucket(item["PhysicalResourceId"]):
            return item["PhysicalResourceId"]
    return None


def _versions(session: Session, bucket: str, and_data: bool) -> list[ObjectIdentifierTypeDef]:
    found: list[ObjectIdentifierTypeDef] = []
    for page in session.s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            if not item["Key"].startswith(f"{session.name}/"):
                raise BadInput(
                    f"The bucket {bucket} holds {item['Key']}, which is not this pipeline's. Nothing is deleted: move "
                    f"it elsewhere first."
                )
            found.append({"Key": item["Key"], "VersionId": item["VersionId"]})
    if found and not and_data:
        raise NotReady(
            f"The bucket {bucket} holds {len(found):,} versions of objects: data, models, results. `python -m pipeline "
            f"bootstrap --delete --data` deletes them, too; nothing was deleted."
        )
    return found


def _empty(session: Session, bucket: str | None, versions: list[ObjectIdentifierTypeDef]) -> None:
    for start in range(0, len(versions), _AT_ONCE):
        some = versions[start : start + _AT_ONCE]
        answer = session.s3.delete_objects(Bucket=bucket or "", Delete={"Objects": some, "Quiet": True})
        if errors := answer.get("Errors"):
            raise NotReady(f"{errors[0].get('Key')} cannot be deleted: {errors[0].get('Message')}")
        say(f"deleted {min(start + _AT_ONCE, len(versions)):,} of {len(versions):,} versions of objects")
