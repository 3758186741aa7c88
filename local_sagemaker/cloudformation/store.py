"""The durable tables of stacks, change sets and events."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from local_sagemaker.cloudformation.records import ChangeSet, Event, Stack, StackResource, Status, now
from local_sagemaker.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS cloudformation_stacks (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    created REAL NOT NULL,
    record TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cloudformation_change_sets (
    id TEXT PRIMARY KEY,
    stack TEXT NOT NULL,
    name TEXT NOT NULL,
    created REAL NOT NULL,
    record TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cloudformation_events (
    number INTEGER PRIMARY KEY,
    stack TEXT NOT NULL,
    record TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS cloudformation_events_by_stack ON cloudformation_events (stack, number);
"""

STACK = "AWS::CloudFormation::Stack"

_STACKS, _CHANGE_SETS, _EVENTS = TypeAdapter(Stack), TypeAdapter(ChangeSet), TypeAdapter(Event)


class StackStore:
    """All stacks, deleted ones included.

    Parameters
    ----------
    database : Database
        The durable store, with `SCHEMA`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def transaction(self) -> AbstractContextManager[object]:
        """Make all that is written within the block one step."""
        return self._database.write()

    def find(self, name: str) -> Stack | None:
        """Find a stack by its id, or by the name of one that is not deleted."""
        sql = "SELECT record FROM cloudformation_stacks WHERE id = ? OR (name = ? AND status != 'DELETE_COMPLETE')"
        with self._database.read() as rows:
            row = rows.execute(sql, (name, name)).fetchone()
        return None if row is None else _STACKS.validate_json(row["record"])

    def all(self) -> list[Stack]:
        """Read every stack, newest first."""
        sql = "SELECT record FROM cloudformation_stacks ORDER BY created DESC, id"
        with self._database.read() as rows:
            return [_STACKS.validate_json(row["record"]) for row in rows.execute(sql)]

    def put(self, stack: Stack) -> None:
        """Write a stack."""
        values = (stack.id, stack.name, stack.status, stack.created.timestamp(), _written(_STACKS, stack))
        with self._database.write() as rows:
            rows.execute("REPLACE INTO cloudformation_stacks VALUES (?, ?, ?, ?, ?)", values)

    def forget(self, stack: Stack) -> None:
        """Remove a stack that never was more than a change set."""
        with self._database.write() as rows:
            rows.execute("DELETE FROM cloudformation_change_sets WHERE stack = ?", (stack.id,))
            rows.execute("DELETE FROM cloudformation_events WHERE stack = ?", (stack.id,))
            rows.execute("DELETE FROM cloudformation_stacks WHERE id = ?", (stack.id,))

    def change(self, stack_id: str, change: Callable[[Stack], Stack]) -> Stack:
        """Read, change and write a stack as one step."""
        with self._database.write():
            stack = self.find(stack_id)
            assert stack is not None
            changed = change(stack)
            self.put(changed)
            return changed

    def set_status(self, stack_id: str, status: Status, reason: str | None = None, **members: Any) -> Stack:
        """Change a stack's status, and what else is given, with the event of it."""
        with self._database.write():
            stack = self.change(stack_id, lambda each: replace(each, status=status, reason=reason, **members))
            self.add_event(stack, stack.name, stack.id, STACK, status, reason, None)
            return stack

    def set_resource(self, stack_id: str, resource: StackResource, properties: str | None = None) -> None:
        """Write a resource of a stack, with the event of it."""

        def change(stack: Stack) -> Stack:
            known = stack.resource(resource.logical_id) is not None
            resources = [resource if each.logical_id == resource.logical_id else each for each in stack.resources]
            return replace(stack, resources=resources if known else [*resources, resource])

        with self._database.write():
            self.add_resource_event(self.change(stack_id, change), resource, properties)

    def add_resource_event(self, stack: Stack, resource: StackResource, properties: str | None = None) -> None:
        """Write down what happened to a resource."""
        self.add_event(
            stack,
            resource.logical_id,
            resource.physical_id,
            resource.type,
            resource.status,
            resource.reason,
            properties,
        )

    def add_event(
        self,
        stack: Stack,
        logical_id: str,
        physical_id: str,
        kind: str,
        status: str,
        reason: str | None,
        properties: str | None,
    ) -> None:
        """Write an event down."""
        event = Event(
            id=str(uuid.uuid4()),
            stack=stack.id,
            stack_name=stack.name,
            logical_id=logical_id,
            physical_id=physical_id,
            type=kind,
            time=now(),
            status=status,
            reason=reason,
            properties=properties,
        )
        with self._database.write() as rows:
            sql = "INSERT INTO cloudformation_events (stack, record) VALUES (?, ?)"
            rows.execute(sql, (stack.id, _written(_EVENTS, event)))

    def events(self, stack_id: str, before: int, limit: int) -> list[tuple[int, Event]]:
        """Read a stack's events that are older than one, newest first, with their numbers."""
        sql = "SELECT * FROM cloudformation_events WHERE stack = ? AND number < ? ORDER BY number DESC LIMIT ?"
        with self._database.read() as rows:
            found = rows.execute(sql, (stack_id, before, limit)).fetchall()
        return [(row["number"], _EVENTS.validate_json(row["record"])) for row in found]

    def change_sets(self, stack_id: str) -> list[ChangeSet]:
        """Read a stack's change sets, oldest first."""
        sql = "SELECT record FROM cloudformation_change_sets WHERE stack = ? ORDER BY created, id"
        with self._database.read() as rows:
            return [_CHANGE_SETS.validate_json(row["record"]) for row in rows.execute(sql, (stack_id,))]

    def change_set(self, name: str, stack_id: str | None) -> ChangeSet | None:
        """Find a change set by its id, or by its name in a stack."""
        sql = "SELECT record FROM cloudformation_change_sets WHERE id = ? OR (name = ? AND stack = ?)"
        with self._database.read() as rows:
            row = rows.execute(sql, (name, name, stack_id)).fetchone()
        return None if row is None else _CHANGE_SETS.validate_json(row["record"])

    def put_change_set(self, change_set: ChangeSet) -> None:
        """Write a change set."""
        made = change_set
        values = (made.id, made.stack, made.name, made.created.timestamp(), _written(_CHANGE_SETS, made))
        with self._database.write() as rows:
            rows.execute("REPLACE INTO cloudformation_change_sets VALUES (?, ?, ?, ?, ?)", values)

    def delete_change_set(self, change_set: ChangeSet) -> None:
        """Remove a change set."""
        with self._database.write() as rows:
            rows.execute("DELETE FROM cloudformation_change_sets WHERE id = ?", (change_set.id,))


def _written(codec: TypeAdapter[Any], record: Any) -> str:
    return codec.dump_json(record).decode()
