"""The stack of one pipeline: whose it is, and waiting for what is under way with it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pipeline.aws.infrastructure import find_stack, is_ours, stack_name
from pipeline.console import say
from pipeline.errors import BadInput, JobFailed

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

    from pipeline.aws.session import Session


def find_ours(session: Session) -> StackTypeDef | None:
    """Describe the pipeline's stack once nothing is under way with it; None where there is none.

    Raises
    ------
    BadInput
        If a stack of that name is not ours.
    """
    last = ""
    while (stack := find_stack(session, stack_name(session.name))) is not None:
        if not is_ours(session, stack):
            raise BadInput(
                f"The stack {stack['StackName']!r} on target {session.target.name} is not this pipeline's: it does not "
                f"carry its tag. It is left as it is; choose another name with --name (make: PIPELINE_NAME=...)."
            )
        status = stack["StackStatus"]
        if not status.endswith("_IN_PROGRESS") or status == "REVIEW_IN_PROGRESS":  # that one awaits us
            return stack
        if status != last:
            say(f"stack {stack['StackName']}: {status}")
            last = status
        time.sleep(session.target.poll_seconds)
    return None


def failure(session: Session, stack: StackTypeDef) -> JobFailed:
    """What to say of a stack that did not come to its end: the first thing that failed, and why."""
    name = stack["StackName"]
    pages = session.cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
    failed = [
        f"{event.get('LogicalResourceId')}: {event.get('ResourceStatusReason')}"
        for page in pages
        for event in page["StackEvents"]
        if event.get("ResourceStatus", "").endswith("_FAILED") and event.get("ResourceStatusReason")
    ]
    reason = failed[-1] if failed else stack.get("StackStatusReason", "no reason was given")  # the latest come first
    return JobFailed(f"stack {name}: {stack['StackStatus']}. {reason}")
