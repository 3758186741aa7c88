"""`bootstrap`: the stack made or changed, by a change set that is shown before it is applied."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import botocore.exceptions

from pipeline.aws.infrastructure import stack_name
from pipeline.console import say
from pipeline.errors import BadInput, JobFailed
from pipeline.infrastructure.parameters import TEMPLATE, Wishes
from pipeline.infrastructure.stack import failure, find_ours

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import (
        ChangeTypeDef,
        CreateChangeSetInputTypeDef,
        DescribeChangeSetOutputTypeDef,
        StackTypeDef,
    )

    from pipeline.aws.session import Session

CHANGE_SET = "bootstrap"
"""Always the same name, so that one left by a command that was cut off is found and replaced."""
_EMPTY = ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED")
"""Statuses of a stack that never came to be."""
_DONE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
_NOTHING_CHANGES = ("didn't contain changes", "No updates are to be performed")


def bootstrap(session: Session, wishes: Wishes, confirm: Callable[[list[str]], bool]) -> dict[str, str] | None:
    """Bring the stack to the template and the wishes; returns its outputs, or None when the user said no.

    Parameters
    ----------
    session : Session
        Session.
    wishes : Wishes
        What the user names.
    confirm : callable
        Shows the lines that say what will change, and tells if it may.

    Raises
    ------
    BadInput
        If a stack of that name is not ours, or the wishes do not fit together.
    JobFailed
        If the stack could not be made or changed; the message has the first reason.
    """
    wishes.check()
    present = _usable(session)
    request = change_set_request(session, wishes, present)
    if present is not None:
        session.cloudformation.delete_change_set(StackName=request["StackName"], ChangeSetName=CHANGE_SET)
    changes = _make_change_set(session, request)
    if changes is None:
        say(f"stack {request['StackName']}: nothing changes")
        return _outputs(find_ours(session))
    if not confirm(change_lines(changes["Changes"])):
        _withdraw(session, present)
        return None
    session.cloudformation.execute_change_set(StackName=request["StackName"], ChangeSetName=CHANGE_SET)
    return _outputs(_finished(session))


def change_set_request(session: Session, wishes: Wishes, present: StackTypeDef | None) -> CreateChangeSetInputTypeDef:
    """Return the request that makes the change set."""
    before = [item["ParameterKey"] for item in present.get("Parameters", [])] if present else []
    return {
        "StackName": stack_name(session.name),
        "ChangeSetName": CHANGE_SET,
        "ChangeSetType": "UPDATE" if present else "CREATE",
        "TemplateBody": TEMPLATE.read_text(),
        "Parameters": wishes.parameters(session.name, before),
        "Capabilities": ["CAPABILITY_IAM"],
        "Tags": [{"Key": tag["key"], "Value": tag["value"]} for tag in session.tags],
    }


def change_lines(changes: list[ChangeTypeDef]) -> list[str]:
    """Write the changes as a table."""
    rows = [_row(change["ResourceChange"]) for change in changes if "ResourceChange" in change]
    if not rows:
        return ["no resource changes; only what the stack says of itself"]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        f"{action:{widths[0]}}  {name:{widths[1]}}  {kind:{widths[2]}}  {note}".rstrip()
        for action, name, kind, note in rows
    ]


def _row(change: Any) -> tuple[str, str, str, str]:
    note = {"True": "made anew", "Conditional": "perhaps made anew"}.get(change.get("Replacement", ""), "")
    return change["Action"], change["LogicalResourceId"], change["ResourceType"], note


def _usable(session: Session) -> StackTypeDef | None:
    """Find the stack; one that never came to be is deleted first, as it takes no changes."""
    present = find_ours(session)
    if present is not None and present["StackStatus"] in _EMPTY:
        say(f"stack {present['StackName']}: {present['StackStatus']}; it is made anew")
        session.cloudformation.delete_stack(StackName=present["StackName"])
        return find_ours(session)
    if present is not None and present["StackStatus"] in ("DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"):
        raise JobFailed(f"{failure(session, present)} Run `python -m pipeline bootstrap --delete` first.")
    return present


def _make_change_set(session: Session, request: CreateChangeSetInputTypeDef) -> DescribeChangeSetOutputTypeDef | None:
    """Make the change set and wait for it; None when it would change nothing."""
    _refusing_bad_template(lambda: session.cloudformation.create_change_set(**request))
    while True:
        found = session.cloudformation.describe_change_set(StackName=request["StackName"], ChangeSetName=CHANGE_SET)
        if found["Status"] == "CREATE_COMPLETE":
            return found
        if found["Status"] == "FAILED":
            break
        time.sleep(session.target.poll_seconds)
    reason = found.get("StatusReason", "")
    if not any(text in reason for text in _NOTHING_CHANGES):
        raise JobFailed(f"change set of {request['StackName']}: {reason}")
    session.cloudformation.delete_change_set(StackName=request["StackName"], ChangeSetName=CHANGE_SET)
    return None


def _refusing_bad_template(create: Callable[[], object]) -> None:
    try:
        create()
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise BadInput(f"CloudFormation refuses this: {error.response['Error']['Message']}") from error


def _withdraw(session: Session, present: StackTypeDef | None) -> None:
    """Take the change set away, and the empty stack that was made to hold it."""
    name = stack_name(session.name)
    if present is None:
        session.cloudformation.delete_stack(StackName=name)
    else:
        session.cloudformation.delete_change_set(StackName=name, ChangeSetName=CHANGE_SET)


def _finished(session: Session) -> StackTypeDef | None:
    stack = find_ours(session)
    while stack is not None and stack["StackStatus"] == "REVIEW_IN_PROGRESS":  # asked for, and not begun yet
        time.sleep(session.target.poll_seconds)
        stack = find_ours(session)
    if stack is not None and stack["StackStatus"] not in _DONE:
        raise failure(session, stack)
    return stack


def _outputs(stack: StackTypeDef | None) -> dict[str, str]:
    return dict(_pairs(stack))


def _pairs(stack: StackTypeDef | None) -> Iterator[tuple[str, str]]:
    for item in stack.get("Outputs", []) if stack else []:
        yield item["OutputKey"], item["OutputValue"]
