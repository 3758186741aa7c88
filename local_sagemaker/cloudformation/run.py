"""What is done with a stack, status by status; all of its state is the stored record, so it goes on after a restart."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

from local_sagemaker.cloudformation.deploying import Deploying, Failed, Interrupted
from local_sagemaker.cloudformation.records import Stack, Status, now
from local_sagemaker.cloudformation.removal import Removal
from local_sagemaker.cloudformation.store import StackStore
from local_sagemaker.cloudformation.types.resource_type import Call
from local_sagemaker.http.region import RequestOf

_JOIN_SECONDS = 10.0
_log = logging.getLogger(__name__)


class StackRuns:
    """The threads that make, change and remove stacks.

    Parameters
    ----------
    store : StackStore
        Where stacks are kept.
    call : Call
        Calls an operation of a service.
    """

    def __init__(self, store: StackStore, call: Call) -> None:
        self._store = store
        self._call = call
        self._threads: dict[str, tuple[threading.Thread, threading.Event]] = {}
        self._lock = threading.Lock()

    def start(self, stack: Stack) -> None:
        """Do what a stack's status asks for, in a thread of its own."""
        stopping = threading.Event()
        run = _Run(self._store, self._call, stopping)
        with self._lock:
            before = self._interrupted(stack.id)
            thread = threading.Thread(target=run.go, args=(stack.id, before), name=f"stack-{stack.name}", daemon=True)
            self._threads[stack.id] = thread, stopping
            thread.start()

    def _interrupted(self, stack_id: str) -> threading.Thread | None:
        """Have the stack's thread, if it has one, end before the next resource."""
        thread, stopping = self._threads.pop(stack_id, (None, None))
        if stopping is not None:
            stopping.set()
        return thread

    def recover(self) -> None:
        """Go on with what was under way when the server stopped."""
        for stack in self._store.all():
            if stack.status.under_way:
                self.start(stack)

    def shut_down(self) -> None:
        """Stop between two resources; `recover` goes on."""
        with self._lock:
            threads = list(self._threads.values())
        for _, stopping in threads:
            stopping.set()
        for thread, _ in threads:
            thread.join(_JOIN_SECONDS)


class _Run:
    def __init__(self, store: StackStore, call: Call, stopping: threading.Event) -> None:
        self._store = store
        self._deploying = Deploying(store, call, stopping)
        self._removal = Removal(store, call, stopping)
        self._steps: Mapping[Status, Callable[[Stack], Stack]] = {
            Status.CREATE_IN_PROGRESS: self._create,
            Status.ROLLBACK_IN_PROGRESS: self._roll_back_creation,
            Status.UPDATE_IN_PROGRESS: self._update,
            Status.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: self._clean_up,
            Status.UPDATE_ROLLBACK_IN_PROGRESS: self._roll_back_update,
            Status.UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: self._clean_up_rollback,
            Status.DELETE_IN_PROGRESS: self._delete,
        }

    def go(self, stack_id: str, before: threading.Thread | None) -> None:
        """Take a stack from status to status until nothing more is to be done.

        Parameters
        ----------
        stack_id : str
            The stack.
        before : Thread, optional
            What was done with it until now; it ends first.
        """
        if before is not None:
            before.join()
        stack = self._store.find(stack_id)
        assert stack is not None
        with RequestOf(stack.region):
            try:
                while step := self._steps.get(stack.status):
                    stack = step(stack)
            except Interrupted:
                return
            except Exception:  # the stack stays as it is, and the next start of the server tries again
                _log.exception("stack %s: %s", stack.name, stack.status)

    def _create(self, stack: Stack) -> Stack:
        try:
            outputs = self._deploying.deploy(stack, stack.version)
        except Failed as failure:
            return self._creation_failed(stack, failure)
        return self._store.set_status(stack.id, Status.CREATE_COMPLETE, outputs=outputs)

    def _creation_failed(self, stack: Stack, failure: Failed) -> Stack:
        if stack.on_failure == "DO_NOTHING":
            return self._store.set_status(stack.id, Status.CREATE_FAILED, failure.said)
        status = Status.DELETE_IN_PROGRESS if stack.on_failure == "DELETE" else Status.ROLLBACK_IN_PROGRESS
        return self._store.set_status(stack.id, status, f"{failure.said} Rollback requested by user.")

    def _roll_back_creation(self, stack: Stack) -> Stack:
        failed = self._removal.remove_all(stack, kept_by=("Retain",))
        if failed:
            return self._store.set_status(stack.id, Status.ROLLBACK_FAILED, _not_deleted(failed))
        return self._store.set_status(stack.id, Status.ROLLBACK_COMPLETE)

    def _update(self, stack: Stack) -> Stack:
        try:
            outputs = self._deploying.deploy(stack, stack.version)
        except Failed as failure:
            return self._begin_rollback(stack, failure)
        return self._deploying.set_unwanted_apart(stack, Status.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS, outputs)

    def _begin_rollback(self, stack: Stack, failure: Failed) -> Stack:
        """Put the resources that were replaced back in their places, and ask for the version before."""
        assert stack.previous is not None
        with self._store.transaction():
            changed = self._store.change(stack.id, _with_replaced_ones_back)
            return self._store.set_status(
                stack.id,
                Status.UPDATE_ROLLBACK_IN_PROGRESS,
                failure.said,
                version=changed.previous,
                previous=changed.version,
            )

    def _roll_back_update(self, stack: Stack) -> Stack:
        try:
            outputs = self._deploying.deploy(stack, stack.version)
        except Failed as failure:
            return self._store.set_status(stack.id, Status.UPDATE_ROLLBACK_FAILED, failure.said)
        return self._deploying.set_unwanted_apart(stack, Status.UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS, outputs)

    def _clean_up(self, stack: Stack) -> Stack:
        self._removal.remove_superseded(stack)
        return self._store.set_status(stack.id, Status.UPDATE_COMPLETE, previous=None)

    def _clean_up_rollback(self, stack: Stack) -> Stack:
        self._removal.remove_superseded(stack)
        return self._store.set_status(stack.id, Status.UPDATE_ROLLBACK_COMPLETE, previous=None)

    def _delete(self, stack: Stack) -> Stack:
        failed = self._removal.remove_all(stack, kept_by=("Retain", "RetainExceptOnCreate"))
        if failed:
            return self._store.set_status(stack.id, Status.DELETE_FAILED, _not_deleted(failed))
        return self._store.set_status(stack.id, Status.DELETE_COMPLETE, deleted=now())


def _with_replaced_ones_back(stack: Stack) -> Stack:
    replaced = {each.logical_id: each for each in stack.superseded}
    instead = [each for each in stack.resources if each.logical_id in replaced]
    resources = [replaced.get(each.logical_id, each) for each in stack.resources]
    return replace(stack, resources=resources, superseded=instead)


def _not_deleted(logical_ids: list[str]) -> str:
    return f"The following resource(s) failed to delete: [{', '.join(logical_ids)}]. "
