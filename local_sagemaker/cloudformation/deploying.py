"""Makes a stack's resources what a version of it says, one after the other in the order of what needs what."""

from __future__ import annotations

import json
import secrets
import string
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local_sagemaker.cloudformation.records import Stack, StackResource, Status, Version, now
from local_sagemaker.cloudformation.refusals import invalid
from local_sagemaker.cloudformation.store import StackStore
from local_sagemaker.cloudformation.template import reading
from local_sagemaker.cloudformation.template.planning import Plan, Reference, plan
from local_sagemaker.cloudformation.template.reading import Definition
from local_sagemaker.cloudformation.types.catalogue import TYPES
from local_sagemaker.cloudformation.types.resource_type import ACCOUNT, Call
from local_sagemaker.errors import AwsError

_LETTERS = string.ascii_uppercase + string.digits
_TAGGED = frozenset(
    {
        "AWS::CloudWatch::Alarm",
        "AWS::IAM::Role",
        "AWS::SageMaker::Endpoint",
        "AWS::SageMaker::EndpointConfig",
        "AWS::SageMaker::Model",
        "AWS::SageMaker::ModelPackageGroup",
        "AWS::Scheduler::ScheduleGroup",
    }
)
"""The types whose resources get the stack's tags, too."""


class Failed(Exception):
    """A version could not be made whole. `said` is the stack's reason."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


class Interrupted(Exception):
    """The server stops, or the stack is to be deleted."""


class Deploying:
    """Makes, changes and replaces a stack's resources.

    Parameters
    ----------
    store : StackStore
        Where what is done is written down before and after.
    call : Call
        Calls an operation of a service.
    stopping : Event
        Set when no further resource is to be begun.
    """

    def __init__(self, store: StackStore, call: Call, stopping: threading.Event) -> None:
        self._store = store
        self._call = call
        self._stopping = stopping

    def deploy(self, stack: Stack, version: Version) -> list[dict[str, str]]:
        """Make what is wanted and is not there, change what is otherwise, and return the outputs. What is no longer
        wanted stays.

        Raises
        ------
        Failed
            If a resource could not be made or changed, or an output has no value.
        """
        made = plan_of(stack, version)
        for definition in made.wanted.values():
            if self._stopping.is_set():
                raise Interrupted
            self._bring_about(stack.id, made, definition)
        if self._stopping.is_set():
            raise Interrupted
        try:
            return made.outputs(self._reference(stack.id))
        except AwsError as error:
            raise Failed(error.message) from error

    def set_unwanted_apart(self, stack: Stack, status: Status, outputs: list[dict[str, str]]) -> Stack:
        """Put what the version does not want among the superseded, as one step with the status."""
        wanted = plan_of(stack, stack.version).wanted
        with self._store.transaction():
            now_there = self._store.change(stack.id, lambda each: each)
            kept = [each for each in now_there.resources if each.logical_id in wanted]
            unwanted = [each for each in now_there.resources if each.logical_id not in wanted]
            superseded = [*now_there.superseded, *unwanted]
            return self._store.set_status(stack.id, status, resources=kept, superseded=superseded, outputs=outputs)

    def _bring_about(self, stack_id: str, made: Plan, definition: Definition) -> None:
        stack = self._store.find(stack_id)
        assert stack is not None
        present = stack.resource(definition.logical_id)
        try:
            properties = with_tags(stack, definition, self._properties(stack_id, made, definition))
        except AwsError as error:
            self._fail(stack_id, _new(definition, {}) if present is None else present, error)
        shown = json.dumps(made.shown_properties(definition.logical_id, self._reference(stack_id)))
        if present is None or present.unfinished:
            self._create(stack, definition, properties, shown, present)
        elif present.properties != properties or present.status.endswith("_FAILED"):
            self._change(stack, present, definition, properties, shown)
        else:
            self._store.change(stack_id, lambda each: _with_policies(each, definition))

    def _create(
        self,
        stack: Stack,
        definition: Definition,
        properties: Mapping[str, Any],
        shown: str,
        begun: StackResource | None,
    ) -> None:
        """Make a resource; one that was begun before the server stopped is ours, whatever is there of it."""
        resource = _new(definition, properties, "UPDATE_IN_PROGRESS" if begun and "UPDATE" in begun.status else None)
        kind = TYPES[definition.type]
        try:
            if begun is not None and begun.ours:
                resource = replace(resource, physical_id=begun.physical_id, ours=True)
                is_there = kind.exists(self._call, begun.physical_id, properties)
            else:
                if begun is None:
                    self._store.set_resource(stack.id, resource, shown)
                resource = self._claim(stack, resource)
                is_there = False
            if is_there:
                kind.update(self._call, resource.physical_id, {}, properties)
            else:
                kind.create(self._call, resource.physical_id, properties)
        except AwsError as error:
            self._fail(stack.id, _disowned(resource) if _was_there(error) else resource, error)
        self._complete(stack.id, resource)

    def _claim(self, stack: Stack, resource: StackResource) -> StackResource:
        """Find out that nobody else has the resource, and write down that it is ours from now on."""
        kind = TYPES[resource.type]
        generated = _generated_name(stack.name, resource.logical_id)
        physical_id = kind.physical_id(resource.properties, generated)
        if kind.exists(self._call, physical_id, resource.properties):
            raise invalid(f"{physical_id} already exists")
        claimed = replace(resource, physical_id=physical_id, ours=True, reason="Resource creation Initiated")
        self._store.set_resource(stack.id, claimed)
        return claimed

    def _change(
        self,
        stack: Stack,
        present: StackResource,
        definition: Definition,
        properties: Mapping[str, Any],
        shown: str,
    ) -> None:
        kind = TYPES[definition.type]
        if present.type != definition.type or kind.taken.is_replaced(present.properties, properties):
            self._replace(stack, present, definition, properties, shown)
            return
        before = present.properties
        changed = replace(
            present,
            status="UPDATE_IN_PROGRESS",
            reason=None,
            updated=now(),
            properties=dict(properties),
            deletion_policy=definition.deletion_policy,
            update_replace_policy=definition.update_replace_policy,
        )
        # the old properties stay until it is done: after a restart it is done again
        self._store.set_resource(stack.id, replace(changed, properties=before), shown)
        try:
            kind.update(self._call, present.physical_id, before, properties)
        except AwsError as error:
            self._fail(stack.id, changed, error)
        self._complete(stack.id, changed)

    def _replace(
        self,
        stack: Stack,
        present: StackResource,
        definition: Definition,
        properties: Mapping[str, Any],
        shown: str,
    ) -> None:
        """Make another resource; the one that is there is removed when all of the update is done."""
        same = TYPES[definition.type].physical_id(properties, "") == present.physical_id
        reason = "Requested update requires the creation of a new physical resource; hence creating one."
        if same:
            custom = "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename"
            self._fail(stack.id, present, invalid(f"{custom} {present.physical_id} and update the stack again."))
        begun = _new(definition, properties, "UPDATE_IN_PROGRESS")
        with self._store.transaction():
            self._store.change(stack.id, lambda each: replace(each, superseded=[*each.superseded, present]))
            self._store.set_resource(stack.id, replace(begun, reason=reason), shown)
        self._create(stack, definition, properties, shown, begun)

    def _complete(self, stack_id: str, resource: StackResource) -> None:
        kind = TYPES[resource.type]
        attributes = kind.attributes(self._call, resource.physical_id, resource.properties)
        done = replace(
            resource,
            status=resource.status.replace("IN_PROGRESS", "COMPLETE"),
            reason=kind.taken.note(resource.properties),
            attributes=attributes,
            updated=now(),
            unfinished=False,
        )
        self._store.set_resource(stack_id, done)

    def _fail(self, stack_id: str, resource: StackResource, error: AwsError) -> None:
        """Write down that a resource failed.

        Raises
        ------
        Failed
            Always.
        """
        verb = "UPDATE" if "UPDATE" in resource.status or not resource.unfinished else "CREATE"
        failed = replace(resource, status=f"{verb}_FAILED", reason=reason_of(error), updated=now())
        self._store.set_resource(stack_id, failed)
        doing = {"CREATE": "create", "UPDATE": "update"}[verb]
        raise Failed(f"The following resource(s) failed to {doing}: [{resource.logical_id}].") from error

    def _properties(self, stack_id: str, made: Plan, definition: Definition) -> dict[str, Any]:
        return made.properties(definition.logical_id, self._reference(stack_id))

    def _reference(self, stack_id: str) -> Reference:
        stack = self._store.find(stack_id)
        assert stack is not None
        return reference_to(stack)


def plan_of(stack: Stack, version: Version) -> Plan:
    """Plan a version of a stack."""
    return plan(reading.read(version.template), version.parameters, pseudo_parameters(stack))


def pseudo_parameters(stack: Stack) -> dict[str, Any]:
    """Give the pseudo parameters their values."""
    return {
        "AWS::AccountId": ACCOUNT,
        "AWS::NotificationARNs": [],
        "AWS::Partition": "aws",
        "AWS::Region": stack.region,
        "AWS::StackId": stack.id,
        "AWS::StackName": stack.name,
        "AWS::URLSuffix": "amazonaws.com",
    }


def reference_to(stack: Stack) -> Reference:
    """Return what answers `Ref` and `Fn::GetAtt` of a stack's resources."""

    def value(logical_id: str, attribute: str | None) -> Any:
        resource = stack.resource(logical_id)
        if resource is None:
            raise invalid(f"Template error: the resource {logical_id} is not there.")
        if attribute is None:
            return resource.physical_id
        if attribute not in resource.attributes:
            schema = f"Requested attribute {attribute} does not exist in schema for {resource.type}"
            raise invalid(f"Template error: {schema} here; there are: {', '.join(sorted(resource.attributes))}.")
        return resource.attributes[attribute]

    return value


def with_tags(stack: Stack, definition: Definition, properties: dict[str, Any]) -> dict[str, Any]:
    """Add the stack's tags to a resource's own, where the service has tags; the resource's own win."""
    if definition.type not in _TAGGED or not stack.version.tags:
        return properties
    own = properties.get("Tags", [])
    keys = {tag.get("Key") for tag in own}
    return {**properties, "Tags": [*own, *(tag for tag in stack.version.tags if tag["Key"] not in keys)]}


def reason_of(error: AwsError) -> str:
    """Say what a service said, with its code, as CloudFormation does."""
    return f"{error.message} (Status Code: {error.status}; Error Code: {error.code})"


def _with_policies(stack: Stack, definition: Definition) -> Stack:
    def with_policies(resource: StackResource) -> StackResource:
        return replace(
            resource,
            deletion_policy=definition.deletion_policy,
            update_replace_policy=definition.update_replace_policy,
        )

    name = definition.logical_id
    return replace(
        stack, resources=[with_policies(each) if each.logical_id == name else each for each in stack.resources]
    )


def _new(definition: Definition, properties: Mapping[str, Any], status: str | None = None) -> StackResource:
    return StackResource(
        logical_id=definition.logical_id,
        type=definition.type,
        status=status or "CREATE_IN_PROGRESS",
        updated=now(),
        properties=dict(properties),
        deletion_policy=definition.deletion_policy,
        update_replace_policy=definition.update_replace_policy,
        unfinished=True,
    )


def _disowned(resource: StackResource) -> StackResource:
    return replace(resource, ours=False)


def _was_there(error: AwsError) -> bool:
    """Tell if a service refused to make something because there is one already: that one is not ours."""
    said = f"{error.code} {error.message}".lower()
    return any(word in said for word in ("already exist", "alreadyexist", "conflict"))


def _generated_name(stack: str, logical_id: str) -> str:
    """Make a name up as CloudFormation does; at most 63 characters, as buckets have."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(12))
    left = 63 - 14
    first = stack[: max(left - len(logical_id[:24]), 1)]
    return f"{first}-{logical_id[: left - len(first)]}-{letters}"
