"""The operations that show stacks, their resources and their events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from local_sagemaker.cloudformation.records import Event, Stack, StackResource, Status, Version
from local_sagemaker.cloudformation.refusals import invalid, no_such_stack
from local_sagemaker.cloudformation.store import StackStore
from local_sagemaker.cloudformation.template import reading
from local_sagemaker.protocol import page_tokens
from local_sagemaker.protocol.json_service import Handler

_PAGE = 100
_NO_DRIFT = {"StackDriftStatus": "NOT_CHECKED"}


class DescribingOperations:
    """What is asked of stacks.

    Parameters
    ----------
    store : StackStore
        Where stacks are kept.
    """

    def __init__(self, store: StackStore) -> None:
        self._store = store

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {
            "DescribeStackEvents": self.events,
            "DescribeStackResource": self.resource,
            "DescribeStackResources": self.resources,
            "DescribeStacks": self.stacks,
            "ListStackResources": self.list_resources,
            "ListStacks": self.list_stacks,
        }

    def stacks(self, request: dict[str, Any]) -> dict[str, Any]:
        """DescribeStacks; without a name, those that are not deleted."""
        if "StackName" in request:
            return {"Stacks": [_described(self._existing(request["StackName"]))]}
        there = [each for each in self._store.all() if each.status != Status.DELETE_COMPLETE]
        page, answer = _paged(there, request, "stacks")
        return {"Stacks": [_described(each) for each in page], **answer}

    def list_stacks(self, request: dict[str, Any]) -> dict[str, Any]:
        """ListStacks."""
        statuses = request.get("StackStatusFilter") or list(Status)
        there = [each for each in self._store.all() if each.status in statuses]
        page, answer = _paged(there, request, "list of stacks")
        return {"StackSummaries": [_summary(each) for each in page], **answer}

    def events(self, request: dict[str, Any]) -> dict[str, Any]:
        """DescribeStackEvents, newest first."""
        stack = self._existing(request["StackName"])
        [before] = _place(request, [1 << 62], ["events", stack.id])
        found = self._store.events(stack.id, before, _PAGE + 1)
        answer: dict[str, Any] = {"StackEvents": [_event(event) for _, event in found[:_PAGE]]}
        if len(found) > _PAGE:
            answer["NextToken"] = page_tokens.written([found[_PAGE - 1][0]], ["events", stack.id])
        return answer

    def resources(self, request: dict[str, Any]) -> dict[str, Any]:
        """DescribeStackResources, by the stack or by one of its resources' physical ids."""
        if "StackName" in request:
            stack = self._existing(request["StackName"])
        elif "PhysicalResourceId" in request:
            stack = self._owner(request["PhysicalResourceId"])
        else:
            raise invalid("Either StackName or PhysicalResourceId must be specified.")
        wanted = request.get("LogicalResourceId")
        found = [each for each in stack.resources if wanted in (None, each.logical_id)]
        if wanted is not None and not found:
            raise invalid(f"Resource {wanted} does not exist for stack {stack.name}")
        return {"StackResources": [{**_of(stack), **_resource(each, "Timestamp")} for each in found]}

    def resource(self, request: dict[str, Any]) -> dict[str, Any]:
        """DescribeStackResource."""
        stack = self._existing(request["StackName"])
        found = stack.resource(request["LogicalResourceId"])
        if found is None:
            raise invalid(f"Resource {request['LogicalResourceId']} does not exist for stack {stack.name}")
        return {"StackResourceDetail": {**_of(stack), **_resource(found, "LastUpdatedTimestamp")}}

    def list_resources(self, request: dict[str, Any]) -> dict[str, Any]:
        """ListStackResources."""
        stack = self._existing(request["StackName"])
        page, answer = _paged(stack.resources, request, stack.id)
        return {"StackResourceSummaries": [_resource(each, "LastUpdatedTimestamp") for each in page], **answer}

    def _existing(self, name: str) -> Stack:
        stack = self._store.find(name)
        if stack is None:
            raise no_such_stack(name)
        return stack

    def _owner(self, physical_id: str) -> Stack:
        for stack in self._store.all():
            if any(each.physical_id == physical_id for each in stack.resources):
                return stack
        raise invalid(f"Stack for {physical_id} does not exist")


def described_parameters(version: Version) -> list[dict[str, str]]:
    """Write a version's parameters, without the values that are not to be echoed."""
    declared = reading.read(version.template).parameters
    return [
        {"ParameterKey": name, "ParameterValue": declared[name].shown(value)}
        for name, value in version.parameters.items()
    ]


def _described(stack: Stack) -> dict[str, Any]:
    return {
        **_of(stack),
        "ChangeSetId": stack.change_set,
        "Description": stack.description,
        "Parameters": described_parameters(stack.version),
        "CreationTime": stack.created,
        "DeletionTime": stack.deleted,
        "LastUpdatedTime": stack.updated,
        "RollbackConfiguration": {},
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
        "DisableRollback": stack.on_failure == "DO_NOTHING",
        "NotificationARNs": [],
        "Capabilities": stack.version.capabilities,
        "Outputs": stack.outputs,
        "Tags": stack.version.tags,
        "EnableTerminationProtection": stack.protected,
        "DriftInformation": _NO_DRIFT,
    }


def _summary(stack: Stack) -> dict[str, Any]:
    return {
        **_of(stack),
        "TemplateDescription": stack.description,
        "CreationTime": stack.created,
        "LastUpdatedTime": stack.updated,
        "DeletionTime": stack.deleted,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
        "DriftInformation": _NO_DRIFT,
    }


def _of(stack: Stack) -> dict[str, Any]:
    return {"StackName": stack.name, "StackId": stack.id}


def _resource(resource: StackResource, time: str) -> dict[str, Any]:
    return {
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id or None,
        "ResourceType": resource.type,
        time: resource.updated,
        "ResourceStatus": resource.status,
        "ResourceStatusReason": resource.reason,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "StackId": event.stack,
        "EventId": event.id,
        "StackName": event.stack_name,
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.type,
        "Timestamp": event.time,
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
        "ResourceProperties": event.properties,
    }


def _paged(items: Sequence[Any], request: Mapping[str, Any], of: str) -> tuple[Sequence[Any], dict[str, str]]:
    [start] = _place(request, [0], [of])
    end = start + _PAGE
    more = {"NextToken": page_tokens.written([end], [of])} if len(items) > end else {}
    return items[start:end], more


def _place(request: Mapping[str, Any], first: list[int], of: list[str]) -> list[int]:
    token = request.get("NextToken")
    if token is None:
        return first
    try:
        return page_tokens.place(token, first, of)
    except page_tokens.ForeignToken as error:
        raise invalid("The NextToken is not one that this list has given.") from error
