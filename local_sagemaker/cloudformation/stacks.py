"""The operations that make, change and remove stacks."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local_sagemaker.cloudformation.comparison import is_different
from local_sagemaker.cloudformation.records import Stack, Status, Version, now
from local_sagemaker.cloudformation.refusals import invalid, no_such_stack
from local_sagemaker.cloudformation.requests import asked_version, check_name, check_resources
from local_sagemaker.cloudformation.run import StackRuns
from local_sagemaker.cloudformation.store import StackStore
from local_sagemaker.cloudformation.template import reading
from local_sagemaker.cloudformation.types.resource_type import ACCOUNT
from local_sagemaker.errors import AwsError
from local_sagemaker.http.region import current_region
from local_sagemaker.protocol.json_service import Handler

_DELETABLE_MEANWHILE = (Status.CREATE_IN_PROGRESS, Status.ROLLBACK_IN_PROGRESS)


class StackOperations:
    """CreateStack, UpdateStack, ContinueUpdateRollback, DeleteStack.

    Parameters
    ----------
    store : StackStore
        Where stacks are kept.
    runs : StackRuns
        What is done with them.
    """

    def __init__(self, store: StackStore, runs: StackRuns) -> None:
        self._store = store
        self._runs = runs

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {
            "ContinueUpdateRollback": self.continue_rollback,
            "CreateStack": self.create,
            "UpdateStack": self.update,
            "DeleteStack": self.delete,
            "UpdateTerminationProtection": self.protect,
        }

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        """CreateStack."""
        check_name(request["StackName"])
        version = asked_version(request, None)
        stack = replace(new_stack(request["StackName"], version), on_failure=_on_failure(request))
        stack = replace(stack, protected=request.get("EnableTerminationProtection", False))
        check_resources(stack, version)
        with self._store.transaction():
            if self._store.find(stack.name) is not None:
                raise AwsError("AlreadyExistsException", f"Stack [{stack.name}] already exists")
            self._store.put(stack)
            self._store.set_status(stack.id, stack.status, "User Initiated")
        self._runs.start(stack)
        return {"StackId": stack.id}

    def update(self, request: dict[str, Any]) -> dict[str, Any]:
        """UpdateStack."""
        stack = self.existing(request["StackName"])
        check_updatable(stack)
        version = asked_version(request, stack.version)
        made = check_resources(stack, version)
        if not is_different(stack, version, made):
            raise invalid("No updates are to be performed.")
        with self._store.transaction():
            check_updatable(self.existing(stack.id))  # nobody else has begun something meanwhile
            begun = self.updating(stack, version)
        self._runs.start(begun)
        return {"StackId": stack.id}

    def updating(self, stack: Stack, version: Version, change_set: str | None = None) -> Stack:
        """Write down that a stack is to become what a version says."""
        return self._store.set_status(
            stack.id,
            Status.UPDATE_IN_PROGRESS,
            "User Initiated",
            version=version,
            previous=stack.version,
            updated=now(),
            change_set=change_set,
            description=reading.read(version.template).description,
        )

    def continue_rollback(self, request: dict[str, Any]) -> dict[str, Any]:
        """ContinueUpdateRollback: what kept the rollback from its end has been put right."""
        with self._store.transaction():
            stack = self.existing(request["StackName"])
            if stack.status != Status.UPDATE_ROLLBACK_FAILED:
                raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be rolled back.")
            begun = self._store.set_status(stack.id, Status.UPDATE_ROLLBACK_IN_PROGRESS, "User Initiated")
        self._runs.start(begun)
        return {}

    def delete(self, request: dict[str, Any]) -> dict[str, Any]:
        """DeleteStack; to delete what is not there is no error."""
        stack = self._store.find(request["StackName"])
        if stack is None or stack.status == Status.DELETE_COMPLETE:
            return {}
        if stack.protected:
            message = f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            raise invalid(message)
        if stack.status == Status.REVIEW_IN_PROGRESS:
            self._store.forget(stack)
        elif stack.status != Status.DELETE_IN_PROGRESS:
            self._begin_deletion(stack, request.get("RetainResources", []))
        return {}

    def _begin_deletion(self, stack: Stack, retained: list[str]) -> None:
        if retained and stack.status != Status.DELETE_FAILED:
            message = f"Stack [{stack.name}]: RetainResources is for stacks in DELETE_FAILED"
            raise invalid(f"{message}, and this one is in {stack.status}.")
        if stack.status.under_way and stack.status not in _DELETABLE_MEANWHILE:
            raise invalid(f"Stack [{stack.name}] cannot be deleted while in status {stack.status}")
        begun = self._store.set_status(stack.id, Status.DELETE_IN_PROGRESS, "User Initiated", retained=retained)
        self._runs.start(begun)

    def protect(self, request: dict[str, Any]) -> dict[str, Any]:
        """UpdateTerminationProtection."""
        stack = self.existing(request["StackName"])
        self._store.change(stack.id, lambda each: replace(each, protected=request["EnableTerminationProtection"]))
        return {"StackId": stack.id}

    def existing(self, name: str) -> Stack:
        """Find a stack.

        Raises
        ------
        AwsError
            `ValidationError` if there is none.
        """
        stack = self._store.find(name)
        if stack is None:
            raise no_such_stack(name)
        return stack


def new_stack(name: str, version: Version, status: Status = Status.CREATE_IN_PROGRESS) -> Stack:
    """Make a stack's record."""
    return Stack(
        id=f"arn:aws:cloudformation:{current_region()}:{ACCOUNT}:stack/{name}/{uuid.uuid4()}",
        name=name,
        region=current_region(),
        status=status,
        created=now(),
        version=version,
        description=reading.read(version.template).description,
    )


def check_updatable(stack: Stack) -> None:
    """Refuse to update a stack that is busy, failed or gone.

    Raises
    ------
    AwsError
        `ValidationError`.
    """
    if not stack.status.updatable:
        raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")


def _on_failure(request: Mapping[str, Any]) -> str:
    if "OnFailure" in request and "DisableRollback" in request:
        raise invalid("You can specify either OnFailure or DisableRollback, but not both.")
    return "DO_NOTHING" if request.get("DisableRollback") else str(request.get("OnFailure", "ROLLBACK"))
