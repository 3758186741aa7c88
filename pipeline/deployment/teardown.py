"""`teardown`: delete what costs money, and what was made for it. Data and model artefacts in S3 stay, unless asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipeline.aws.ownership import is_ours
from pipeline.aws.session import Session
from pipeline.aws.storage import keys
from pipeline.console import say
from pipeline.deployment import endpoint


def teardown(session: Session, and_data: bool) -> int:
    """Delete the endpoint, then its configurations and models; returns how many things were deleted.

    Parameters
    ----------
    session : Session
        Session.
    and_data : bool
        Also delete everything of this pipeline in S3 (data, model artefacts, batch results).

    Raises
    ------
    BadInput
        If the endpoint of our name is not ours; then nothing is deleted.
    """
    count = _delete_endpoint(session)
    for kind, names, delete in (
        (
            "endpoint configuration",
            _configs(session),
            lambda name: session.sagemaker.delete_endpoint_config(EndpointConfigName=name),
        ),
        ("model", _models(session), lambda name: session.sagemaker.delete_model(ModelName=name)),
    ):
        count += _delete_each(kind, names, delete)
    if and_data:
        count += _delete_data(session)
    return count


def _delete_endpoint(session: Session) -> int:
    if endpoint.ours_at_rest(session) is None:
        return 0
    endpoint.delete(session)
    say(f"deleted endpoint {session.name}")
    return 1


def _configs(session: Session) -> Iterator[str]:
    for page in session.sagemaker.get_paginator("list_endpoint_configs").paginate(NameContains=session.name):
        for item in page["EndpointConfigs"]:
            if is_ours(session, item["EndpointConfigArn"]):
                yield item["EndpointConfigName"]


def _models(session: Session) -> Iterator[str]:
    for page in session.sagemaker.get_paginator("list_models").paginate(NameContains=session.name):
        for item in page["Models"]:
            if is_ours(session, item["ModelArn"]):
                yield item["ModelName"]


def _delete_each(kind: str, names: Iterator[str], delete: Callable[[str], object]) -> int:
    count = 0
    for name in list(names):
        delete(name)
        say(f"deleted {kind} {name}")
        count += 1
    return count


def _delete_data(session: Session) -> int:
    home = session.home
    count = 0
    for key in keys(session.s3, home.prefix, home.bucket):
        session.s3.delete_object(Bucket=home.bucket, Key=key)
        count += 1
    say(f"deleted {count} objects below {home}")
    return count
