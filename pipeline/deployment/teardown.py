"""`teardown`: delete what costs money, and what was made for it. Data and model artefacts in S3 stay, unless asked.

Only what carries our tag is touched. What keeps the bill short goes after what makes it, so that a teardown which was
killed leaves no endpoint without the schedule that deletes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipeline.aws.ownership import is_ours
from pipeline.aws.session import Session
from pipeline.aws.storage import keys
from pipeline.console import say
from pipeline.deployment import endpoint, expiry, scaling
from pipeline.deployment.updating import alarms
from pipeline.registry import packages


def teardown(session: Session, and_data: bool) -> int:
    """Delete scaling, endpoint, alarms and schedule, then configurations and models; returns how many things.

    Parameters
    ----------
    session : Session
        Session.
    and_data : bool
        Also delete the versions of the model registry, and everything of this pipeline in S3 (data, model artefacts,
        batch results).

    Raises
    ------
    BadInput
        If the endpoint of our name is not ours; then nothing is deleted.
    """
    present = endpoint.ours_at_rest(session)
    steps: list[Callable[[Session], Iterator[str]]] = [scaling.delete]
    if present is not None:
        steps.append(_delete_endpoint)
    steps += [alarms.delete, expiry.delete, _delete_configs, _delete_models]
    if and_data:
        steps.append(packages.delete_all)
    count, did = 0, "deleted" if session.rehearsal is None else "would delete"
    for step in steps:
        for deleted in step(session):
            say(f"{did} {deleted}")
            count += 1
    return count + (_delete_data(session) if and_data else 0)


def _delete_endpoint(session: Session) -> Iterator[str]:
    endpoint.delete(session)
    yield f"endpoint {session.name}"


def _delete_configs(session: Session) -> Iterator[str]:
    for name in list(_configs(session)):
        session.sagemaker.delete_endpoint_config(EndpointConfigName=name)
        yield f"endpoint configuration {name}"


def _delete_models(session: Session) -> Iterator[str]:
    for name in list(_models(session)):
        session.sagemaker.delete_model(ModelName=name)
        yield f"model {name}"


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


def _delete_data(session: Session) -> int:
    home = session.home
    count = 0
    for key in keys(session.s3, home.prefix, home.bucket):
        session.s3.delete_object(Bucket=home.bucket, Key=key)
        count += 1
    say(f"{'deleted' if session.rehearsal is None else 'would delete'} {count} objects below {home}")
    return count
