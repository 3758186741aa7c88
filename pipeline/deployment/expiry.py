"""`--ttl`: a schedule of EventBridge Scheduler that deletes the endpoint, on AWS, whether this machine runs or not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.aws.finding import find
from pipeline.aws.ownership import not_ours
from pipeline.aws.session import OWNER_TAG, Session
from pipeline.console import say
from pipeline.errors import BadInput

if TYPE_CHECKING:
    from mypy_boto3_scheduler.type_defs import CreateScheduleInputTypeDef, GetScheduleOutputTypeDef

_GROUP = "default"
_DELETE_ENDPOINT = "arn:aws:scheduler:::aws-sdk:sagemaker:deleteEndpoint"
_RETRY_SECONDS = 86_400
"""While an endpoint is updating, SageMaker refuses to delete it, and the schedule tries again."""


def expire(session: Session, seconds: int, now: datetime | None = None) -> datetime:
    """Let the endpoint be deleted after so many seconds, in the place of what was said before; returns when.

    Raises
    ------
    BadInput
        If a schedule of the endpoint's name is not ours, or there is no role for one.
    """
    at = (now or datetime.now(UTC)).replace(microsecond=0) + timedelta(seconds=seconds)
    request = schedule_request(session, at)
    present = _found(session)
    if present is None:
        session.scheduler.create_schedule(**request)
    elif _is_ours(session, present):
        session.scheduler.update_schedule(**request)
    else:
        raise not_ours(session, "schedule", session.name)
    say(f"endpoint {session.name}: will be deleted at {at:%Y-%m-%d %H:%M:%S} UTC")
    return at


def schedule_request(session: Session, at: datetime) -> CreateScheduleInputTypeDef:
    """Return the request of CreateSchedule, and of UpdateSchedule.

    Schedules carry no tags of their own: the description has ours.
    """
    return {
        "Name": session.name,
        "GroupName": _GROUP,
        "Description": f"{OWNER_TAG}={session.name}",
        "ScheduleExpression": f"at({at:%Y-%m-%dT%H:%M:%S})",
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": {
            "Arn": _DELETE_ENDPOINT,
            "RoleArn": _role(session),
            "Input": json.dumps({"EndpointName": session.name}),
            "RetryPolicy": {"MaximumEventAgeInSeconds": _RETRY_SECONDS, "MaximumRetryAttempts": 185},
        },
    }


def expires(session: Session) -> str | None:
    """Return when the endpoint is to be deleted, as the schedule has it; None where it is not."""
    present = _found(session)
    if present is None or not _is_ours(session, present):
        return None
    return present["ScheduleExpression"].removeprefix("at(").removesuffix(")")


def delete(session: Session) -> Iterator[str]:
    """Delete the schedule when it is ours, yielding what was deleted."""
    if expires(session) is not None:
        session.scheduler.delete_schedule(Name=session.name, GroupName=_GROUP)
        yield f"schedule {session.name}"


def _found(session: Session) -> GetScheduleOutputTypeDef | None:
    return find(lambda: session.scheduler.get_schedule(Name=session.name, GroupName=_GROUP))


def _is_ours(session: Session, schedule: GetScheduleOutputTypeDef) -> bool:
    return schedule.get("Description") == f"{OWNER_TAG}={session.name}"


def _role(session: Session) -> str:
    infrastructure = session.infrastructure
    if role := (infrastructure and infrastructure.scheduler_role) or session.target.role_arn:
        return role
    raise BadInput("--ttl needs a role that EventBridge Scheduler may assume: `make bootstrap` makes it.")
