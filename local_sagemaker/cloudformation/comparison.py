"""What a version would change of a stack: the changes that a change set shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from local_sagemaker.cloudformation.deploying import reference_to, with_tags
from local_sagemaker.cloudformation.records import Stack, StackResource, Version
from local_sagemaker.cloudformation.template import reading
from local_sagemaker.cloudformation.template.planning import Plan, Reference
from local_sagemaker.cloudformation.template.reading import Definition
from local_sagemaker.cloudformation.types.catalogue import TYPES
from local_sagemaker.errors import AwsError


def changes(stack: Stack, version: Version, made: Plan) -> list[dict[str, Any]]:
    """List what would be added, changed, replaced and removed, as DescribeChangeSet writes it."""
    return [
        {"Type": "Resource", "ResourceChange": change} for change in _changes(replace(stack, version=version), made)
    ]


def is_different(stack: Stack, version: Version, made: Plan) -> bool:
    """Tell if there is anything to do: resources, outputs or tags."""
    if changes(stack, version, made) or stack.version.tags != version.tags:
        return True
    before = reading.read(stack.version.template).outputs
    if before != made.template.outputs:
        return True
    try:
        return made.outputs(reference_to(stack)) != stack.outputs
    except AwsError:
        return True


def _changes(stack: Stack, made: Plan) -> Iterator[dict[str, Any]]:
    replaced = set[str]()
    for definition in made.wanted.values():
        present = stack.resource(definition.logical_id)
        if present is None or present.status.startswith("DELETE"):
            yield _change("Add", definition.logical_id, definition.type)
        elif change := _modification(stack, made, definition, present, replaced):
            yield change
    for resource in stack.resources:
        if resource.logical_id not in made.wanted:
            kept = {"PolicyAction": "Retain" if resource.deletion_policy != "Delete" else "Delete"}
            yield _change("Remove", resource.logical_id, resource.type, resource.physical_id) | kept


def _modification(
    stack: Stack, made: Plan, definition: Definition, present: StackResource, replaced: set[str]
) -> dict[str, Any] | None:
    reference = _with_unknown(stack, replaced)
    properties = with_tags(stack, definition, made.properties(definition.logical_id, reference))
    names = sorted({*properties, *present.properties})
    different = [name for name in names if properties.get(name) != present.properties.get(name)]
    if not different and definition.type == present.type:
        return None
    taken = TYPES[definition.type].taken
    is_replaced = definition.type != present.type or taken.is_replaced(present.properties, properties)
    if is_replaced:
        replaced.add(definition.logical_id)
    return _change("Modify", definition.logical_id, definition.type, present.physical_id) | {
        "Replacement": str(is_replaced),
        "Scope": ["Tags" if name == "Tags" else "Properties" for name in different][:1],
        "Details": [_detail(name, name in taken.replacing.split()) for name in different],
    }


def _with_unknown(stack: Stack, replaced: set[str]) -> Reference:
    """Answer for what is not made yet, or will be made anew, with something that no property is now."""
    known = reference_to(stack)

    def value(logical_id: str, attribute: str | None) -> Any:
        if logical_id in replaced or stack.resource(logical_id) is None:
            return f"{{{{{logical_id}.{attribute or 'Ref'} is known after it is made}}}}"
        return known(logical_id, attribute)

    return value


def _change(action: str, logical_id: str, kind: str, physical_id: str | None = None) -> dict[str, Any]:
    change = {"Action": action, "LogicalResourceId": logical_id, "ResourceType": kind, "Scope": [], "Details": []}
    return change if physical_id is None else {**change, "PhysicalResourceId": physical_id}


def _detail(name: str, recreates: bool) -> dict[str, Any]:
    attribute = {"Attribute": "Tags"} if name == "Tags" else {"Attribute": "Properties", "Name": name}
    return {
        "Target": {**attribute, "RequiresRecreation": "Always" if recreates else "Never"},
        "Evaluation": "Static",
        "ChangeSource": "DirectModification",
    }
