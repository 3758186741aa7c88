"""The operations on change sets."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local_sagemaker.cloudformation.comparison import changes, is_different
from local_sagemaker.cloudformation.describing import described_parameters
from local_sagemaker.cloudformation.records import REVIEW, ChangeSet, Stack, Status, now
from local_sagemaker.cloudformation.refusals import invalid, no_such_change_set, no_such_stack
from local_sagemaker.cloudformation.requests import asked_version, check_name, check_resources
from local_sagemaker.cloudformation.run import StackRuns
from local_sagemaker.cloudformation.stacks import StackOperations, check_updatable, new_stack
from local_sagemaker.cloudformation.store import StackStore
from local_sagemaker.cloudformation.types.resource_type import ACCOUNT
from local_sagemaker.errors import AwsError
from local_sagemaker.http.region import current_region
from local_sagemaker.protocol.json_service import Handler

_NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


class ChangeSetOperations:
    """Change sets: what a stack would become, shown before it is done.

    Parameters
    ----------
    store : StackStore
        Where stacks and change sets are kept.
    stacks : StackOperations
        Begins updates.
    runs : StackRuns
        What is done with stacks.
    """

    def __init__(self, store: StackStore, stacks: StackOperations, runs: StackRuns) -> None:
        self._store = store
        self._stacks = stacks
        self._runs = runs

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {
            "CreateChangeSet": self.create,
            "DeleteChangeSet": self.delete,
            "DescribeChangeSet": self.describe,
            "ExecuteChangeSet": self.execute,
            "ListChangeSets": self.list,
        }

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        """CreateChangeSet."""
        with self._store.transaction():
            stack, is_new = self._stack(request)
            if self._store.change_set(request["ChangeSetName"], stack.id) is not None:
                raise AwsError(
                    "AlreadyExistsException",
                    f"ChangeSet {request['ChangeSetName']} cannot be created due "
                    "to a mismatch with existing attribute Name",
                )
            made = self._made(stack, request)
            if is_new:
                self._store.put(stack)
                self._store.set_status(stack.id, Status.REVIEW_IN_PROGRESS, "User Initiated")
            self._store.put_change_set(made)
        return {"Id": made.id, "StackId": stack.id}

    def _stack(self, request: Mapping[str, Any]) -> tuple[Stack, bool]:
        """Find the stack that a change set is for, or make the record of one that is to be created."""
        name, kind = request["StackName"], request.get("ChangeSetType", "UPDATE")
        stack = self._store.find(name)
        if kind == "CREATE":
            if stack is None:
                check_name(name)
                return new_stack(name, asked_version(request, None), Status.REVIEW_IN_PROGRESS), True
            if stack.status != REVIEW:
                raise AwsError(
                    "AlreadyExistsException",
                    f"Stack [{name}] already exists and cannot be created again with the changeSet.",
                )
            return stack, False
        if stack is None:
            raise invalid(f"Stack [{name}] does not exist")
        check_updatable(stack)
        return stack, False

    def _made(self, stack: Stack, request: Mapping[str, Any]) -> ChangeSet:
        is_update = request.get("ChangeSetType", "UPDATE") == "UPDATE"
        version = asked_version(request, stack.version if is_update else None)
        plan = check_resources(stack, version)
        different = not is_update or is_different(stack, version, plan)
        return ChangeSet(
            id=f"arn:aws:cloudformation:{current_region()}:{ACCOUNT}:changeSet/{request['ChangeSetName']}/{uuid.uuid4()}",
            name=request["ChangeSetName"],
            stack=stack.id,
            kind="UPDATE" if is_update else "CREATE",
            version=version,
            created=now(),
            status="CREATE_COMPLETE" if different else "FAILED",
            execution="AVAILABLE" if different else "UNAVAILABLE",
            reason=None if different else _NO_CHANGES,
            description=request.get("Description"),
            on_stack_failure=request.get("OnStackFailure"),
            changes=changes(stack, version, plan),
        )

    def describe(self, request: dict[str, Any]) -> dict[str, Any]:
        """DescribeChangeSet."""
        found = self._found(request)
        stack = self._stacks.existing(found.stack)
        return {
            **_summary(found, stack),
            "Parameters": described_parameters(found.version),
            "Capabilities": found.version.capabilities,
            "Tags": found.version.tags,
            "Changes": found.changes,
            "NotificationARNs": [],
            "RollbackConfiguration": {},
            "OnStackFailure": found.on_stack_failure,
        }

    def list(self, request: dict[str, Any]) -> dict[str, Any]:
        """ListChangeSets."""
        stack = self._stacks.existing(request["StackName"])
        return {"Summaries": [_summary(each, stack) for each in self._store.change_sets(stack.id)]}

    def delete(self, request: dict[str, Any]) -> dict[str, Any]:
        """DeleteChangeSet; to delete what is not there is no error. The stack stays in review, as on AWS."""
        stack_id = self._stack_id(request)
        found = self._store.change_set(request["ChangeSetName"], stack_id)
        if found is not None:
            self._store.delete_change_set(found)
        return {}

    def execute(self, request: dict[str, Any]) -> dict[str, Any]:
        """ExecuteChangeSet."""
        with self._store.transaction():
            found = self._found(request)
            if found.execution != "AVAILABLE":
                state = f"cannot be executed in its current status of [{found.status}]"
                raise AwsError("InvalidChangeSetStatus", f"ChangeSet [{found.id}] {state}")
            stack = self._stacks.existing(found.stack)
            on_failure = "DO_NOTHING" if request.get("DisableRollback") else found.on_stack_failure
            for other in self._store.change_sets(stack.id):
                self._store.delete_change_set(other)
            self._store.put_change_set(replace(found, execution="EXECUTE_COMPLETE"))
            begun = self._begun(stack, found, on_failure)
        if begun is not None:
            self._runs.start(begun)
        return {}

    def _begun(self, stack: Stack, found: ChangeSet, on_failure: str | None) -> Stack | None:
        if found.kind == "UPDATE":
            if on_failure == "DO_NOTHING":
                raise invalid("The local SageMaker does not support DisableRollback of an update: leave it out.")
            check_updatable(stack)
            return self._stacks.updating(stack, found.version, found.id)
        if stack.status != REVIEW:
            raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be created.")
        return self._store.set_status(
            stack.id,
            Status.CREATE_IN_PROGRESS,
            "User Initiated",
            version=found.version,
            change_set=found.id,
            on_failure=on_failure or "ROLLBACK",
        )

    def _found(self, request: Mapping[str, Any]) -> ChangeSet:
        stack_id = self._stack_id(request)
        found = self._store.change_set(request["ChangeSetName"], stack_id)
        if found is None:
            raise no_such_change_set(request["ChangeSetName"])
        return found

    def _stack_id(self, request: Mapping[str, Any]) -> str | None:
        if "StackName" not in request:
            if not request["ChangeSetName"].startswith("arn:"):
                raise invalid("StackName must be specified if ChangeSetName is not specified as an ARN.")
            return None
        stack = self._store.find(request["StackName"])
        if stack is None:
            raise no_such_stack(request["StackName"])
        return stack.id


def _summary(found: ChangeSet, stack: Stack) -> dict[str, Any]:
    return {
        "ChangeSetId": found.id,
        "ChangeSetName": found.name,
        "StackId": stack.id,
        "StackName": stack.name,
        "CreationTime": found.created,
        "Status": found.status,
        "StatusReason": found.reason,
        "ExecutionStatus": found.execution,
        "Description": found.description,
    }
