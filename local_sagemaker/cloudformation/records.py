"""What is kept of stacks, their resources, their change sets and what happened to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

REVIEW = "REVIEW_IN_PROGRESS"
"""The status of a stack of which there is a change set alone."""


class Status(StrEnum):
    """The statuses of stacks in which something is being done, and what each ends in."""

    CREATE_IN_PROGRESS = "CREATE_IN_PROGRESS"
    CREATE_COMPLETE = "CREATE_COMPLETE"
    CREATE_FAILED = "CREATE_FAILED"
    ROLLBACK_IN_PROGRESS = "ROLLBACK_IN_PROGRESS"
    ROLLBACK_COMPLETE = "ROLLBACK_COMPLETE"
    ROLLBACK_FAILED = "ROLLBACK_FAILED"
    UPDATE_IN_PROGRESS = "UPDATE_IN_PROGRESS"
    UPDATE_COMPLETE_CLEANUP_IN_PROGRESS = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
    UPDATE_COMPLETE = "UPDATE_COMPLETE"
    UPDATE_ROLLBACK_IN_PROGRESS = "UPDATE_ROLLBACK_IN_PROGRESS"
    UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
    UPDATE_ROLLBACK_COMPLETE = "UPDATE_ROLLBACK_COMPLETE"
    UPDATE_ROLLBACK_FAILED = "UPDATE_ROLLBACK_FAILED"
    DELETE_IN_PROGRESS = "DELETE_IN_PROGRESS"
    DELETE_COMPLETE = "DELETE_COMPLETE"
    DELETE_FAILED = "DELETE_FAILED"
    REVIEW_IN_PROGRESS = REVIEW

    @property
    def under_way(self) -> bool:
        """Whether something is being done."""
        return self.endswith("_IN_PROGRESS") and self != REVIEW

    @property
    def updatable(self) -> bool:
        """Whether a stack may be updated."""
        return self in _UPDATABLE


_UPDATABLE = frozenset(
    {
        Status.CREATE_COMPLETE,
        Status.UPDATE_COMPLETE,
        Status.UPDATE_ROLLBACK_COMPLETE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a stack is asked to be: a template with its parameters' values, and the stack's tags."""

    template: str
    parameters: dict[str, str] = field(default_factory=dict)
    tags: list[dict[str, str]] = field(default_factory=list)
    capabilities: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackResource:
    """One resource of a stack.

    `ours` says that the stack began to make it, so that it may remove it; `unfinished`, that it was not seen whole.
    """

    logical_id: str
    type: str
    status: str
    updated: datetime
    physical_id: str = ""
    reason: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    deletion_policy: str = "Delete"
    update_replace_policy: str = "Delete"
    ours: bool = False
    unfinished: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A stack. `superseded` are resources that others have replaced, or that are no longer wanted."""

    id: str
    name: str
    region: str
    status: Status
    created: datetime
    version: Version
    previous: Version | None = None
    reason: str | None = None
    description: str | None = None
    updated: datetime | None = None
    deleted: datetime | None = None
    resources: list[StackResource] = field(default_factory=list)
    superseded: list[StackResource] = field(default_factory=list)
    outputs: list[dict[str, str]] = field(default_factory=list)
    on_failure: str = "ROLLBACK"
    protected: bool = False
    change_set: str | None = None
    retained: list[str] = field(default_factory=list)

    def resource(self, logical_id: str) -> StackResource | None:
        """Find a resource."""
        return next((each for each in self.resources if each.logical_id == logical_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """A change set: what a stack is asked to become, and what that would change."""

    id: str
    name: str
    stack: str
    kind: str
    version: Version
    created: datetime
    status: str
    execution: str
    reason: str | None = None
    description: str | None = None
    on_stack_failure: str | None = None
    changes: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a stack or one of its resources."""

    id: str
    stack: str
    stack_name: str
    logical_id: str
    physical_id: str
    type: str
    time: datetime
    status: str
    reason: str | None = None
    properties: str | None = None


def now() -> datetime:
    """Tell the time to the millisecond."""
    time = datetime.now(UTC)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
