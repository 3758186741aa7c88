"""Removes a stack's resources, what was made last first."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

from local_sagemaker.cloudformation.deploying import Interrupted, reason_of
from local_sagemaker.cloudformation.records import Stack, StackResource, now
from local_sagemaker.cloudformation.store import StackStore
from local_sagemaker.cloudformation.types.catalogue import TYPES
from local_sagemaker.cloudformation.types.resource_type import Call
from local_sagemaker.errors import AwsError


class Removal:
    """Removes resources.

    Parameters
    ----------
    store : StackStore
        Where what is done is written down.
    call : Call
        Calls an operation of a service.
    stopping : Event
        Set when no further resource is to be begun.
    """

    def __init__(self, store: StackStore, call: Call, stopping: threading.Event) -> None:
        self._store = store
        self._call = call
        self._stopping = stopping

    def remove_all(self, stack: Stack, kept_by: Sequence[str]) -> list[str]:
        """Remove every resource that its deletion policy lets go, and return those that could not be."""
        self.remove_superseded(stack)
        failed = []
        for resource in reversed(stack.resources):
            if resource.status in ("DELETE_COMPLETE", "DELETE_SKIPPED"):
                continue
            kept = resource.deletion_policy in kept_by or resource.logical_id in stack.retained
            if not self._remove(stack, resource, kept):
                failed.append(resource.logical_id)
        return failed

    def remove_superseded(self, stack: Stack) -> None:
        """Remove what was replaced or is no longer wanted; what cannot be is left, as CloudFormation leaves it."""
        for resource in reversed(stack.superseded):
            replaced = stack.resource(resource.logical_id) is not None
            policy = resource.update_replace_policy if replaced else resource.deletion_policy
            self._remove_superseded(stack, resource, policy != "Delete" and not resource.unfinished)

    def _remove_superseded(self, stack: Stack, resource: StackResource, kept: bool) -> None:
        self._check_stopping()
        self._store.add_resource_event(stack, _as(resource, "DELETE_IN_PROGRESS"))
        removed = self._deleted(resource, kept)
        with self._store.transaction():
            self._store.change(
                stack.id,
                lambda each: replace(each, superseded=[one for one in each.superseded if one != resource]),
            )
            self._store.add_resource_event(stack, removed)

    def _remove(self, stack: Stack, resource: StackResource, kept: bool) -> bool:
        self._check_stopping()
        if not kept:
            self._store.set_resource(stack.id, _as(resource, "DELETE_IN_PROGRESS"))
        removed = self._deleted(resource, kept)
        self._store.set_resource(stack.id, removed)
        return removed.status != "DELETE_FAILED"

    def _deleted(self, resource: StackResource, kept: bool) -> StackResource:
        if kept:
            return _as(resource, "DELETE_SKIPPED")
        try:
            if resource.ours:
                TYPES[resource.type].delete(self._call, resource.physical_id, resource.properties)
        except AwsError as error:
            return _as(resource, "DELETE_FAILED", reason_of(error))
        return _as(resource, "DELETE_COMPLETE")

    def _check_stopping(self) -> None:
        if self._stopping.is_set():
            raise Interrupted


def _as(resource: StackResource, status: str, reason: str | None = None) -> StackResource:
    return replace(resource, status=status, reason=reason, updated=now())
