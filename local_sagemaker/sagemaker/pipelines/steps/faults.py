"""Which failures may be tried again, and after how long: AWS's exception types and the steps' retry policies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from local_sagemaker.errors import AwsError
from local_sagemaker.sagemaker.pipelines.definition.document import RetryPolicy, StepType

_LONGEST = timedelta(hours=12)


class Fault(StrEnum):
    """The exception types that a retry policy can name."""

    SERVICE = "Step.SERVICE_FAULT"
    THROTTLING = "Step.THROTTLING"
    JOB_INTERNAL = "SageMaker.JOB_INTERNAL_ERROR"
    CAPACITY = "SageMaker.CAPACITY_ERROR"
    LIMIT = "SageMaker.RESOURCE_LIMIT"

    @property
    def in_messages(self) -> str:
        """The type as AWS's messages write it."""
        return self.replace(".", "_").upper()


_BY_ITSELF = RetryPolicy((Fault.SERVICE, Fault.THROTTLING), attempts=5)
"""What is tried again without a policy."""


def of_call(error: AwsError) -> Fault | None:
    """Tell what kind of fault an operation's error is; None for one that would only come again."""
    if error.code == "ThrottlingException":
        return Fault.THROTTLING
    if error.code == "ResourceLimitExceeded":
        return Fault.LIMIT
    return Fault.SERVICE if error.status >= 500 else None


def of_job(reason: str, type_: StepType) -> Fault | None:
    """Tell what kind of fault a job's FailureReason is. Tuning jobs retry their trials by themselves."""
    if reason.startswith("InternalServerError"):
        return None if type_ is StepType.TUNING else Fault.JOB_INTERNAL
    return Fault.CAPACITY if reason.startswith("CapacityError") else None


def pause(
    policies: Sequence[RetryPolicy], fault: Fault | None, retries: int, started: datetime, time: datetime
) -> timedelta | None:
    """Tell how long to wait before the next attempt; None if there is to be none.

    Parameters
    ----------
    policies : sequence of RetryPolicy
        The step's.
    fault : Fault, optional
        What has gone wrong.
    retries : int
        How many attempts there were already after the first.
    started, time : datetime
        When the step began, and now.
    """
    policy = next((one for one in (*policies, _BY_ITSELF) if fault in one.exceptions), None)
    if policy is None or (policy.attempts is not None and retries >= policy.attempts):
        return None
    if policy.minutes is not None and time - started >= timedelta(minutes=policy.minutes):
        return None
    seconds = policy.interval * policy.backoff ** min(retries, 64)
    return min(timedelta(seconds=min(seconds, _LONGEST.total_seconds())), _LONGEST)
