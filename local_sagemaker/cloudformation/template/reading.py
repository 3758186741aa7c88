"""A template's sections, checked: what they say before any function is evaluated."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from local_sagemaker.cloudformation.refusals import invalid
from local_sagemaker.cloudformation.template import document as documents
from local_sagemaker.cloudformation.template import parameters
from local_sagemaker.cloudformation.template.parameters import Parameter

_SECTIONS = frozenset(
    {
        *("AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions"),
        *("Resources", "Rules", "Outputs"),
    }
)
_NOT_HERE = frozenset(["Transform", "Hooks"])
_RESOURCE_MEMBERS = frozenset(
    ["Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy", "Metadata"]
)
_NO_RESOURCE_MEMBERS = frozenset(["CreationPolicy", "UpdatePolicy"])
_OUTPUT_MEMBERS = frozenset(["Value", "Description", "Condition"])
_POLICIES = ("Delete", "Retain", "RetainExceptOnCreate")
_LOGICAL_ID = re.compile(r"[A-Za-z0-9]{1,255}")
_NAMES_IN_IAM = {
    "AWS::IAM::AccessKey": "",
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": "",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::UserToGroupAddition": "",
}
"""The types that a request must acknowledge, and the property that gives one a name of its own."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One resource as the template defines it."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    depends_on: tuple[str, ...] = ()
    condition: str | None = None
    deletion_policy: str = "Delete"
    update_replace_policy: str = "Delete"


@dataclass(frozen=True)
class Template:
    """A template and the text that it was read from."""

    body: str
    document: Mapping[str, Any]

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """Its parameters by their names."""
        return parameters.declared(self.document)

    @cached_property
    def resources(self) -> dict[str, Definition]:
        """Its resources by their logical ids."""
        return {name: _definition(name, facts) for name, facts in self.document["Resources"].items()}

    @property
    def outputs(self) -> Mapping[str, Mapping[str, Any]]:
        """Its outputs by their names."""
        return self.document.get("Outputs") or {}

    @property
    def conditions(self) -> Mapping[str, Any]:
        """Its conditions by their names."""
        return self.document.get("Conditions") or {}

    @property
    def rules(self) -> Mapping[str, Mapping[str, Any]]:
        """What its parameters must fulfil together, by the rules' names."""
        return self.document.get("Rules") or {}

    @property
    def description(self) -> str | None:
        """Its description."""
        description = self.document.get("Description")
        return None if description is None else str(description)

    @property
    def capabilities(self) -> Sequence[str]:
        """What a request must acknowledge for it: named IAM resources need more than unnamed ones."""
        in_iam = [each for each in self.resources.values() if each.type in _NAMES_IN_IAM]
        if any(_NAMES_IN_IAM[each.type] in each.properties for each in in_iam):
            return ("CAPABILITY_NAMED_IAM",)
        return ("CAPABILITY_IAM",) if in_iam else ()

    @property
    def capabilities_reason(self) -> str | None:
        """Which types of resources ask for that."""
        types = sorted({each.type for each in self.resources.values() if each.type in _NAMES_IN_IAM})
        return f"The following resource(s) require capabilities: [{', '.join(types)}]" if types else None


def read(body: str) -> Template:
    """Read a template and check its form.

    Raises
    ------
    AwsError
        `ValidationError`, with what is wrong and where.
    """
    document = documents.parsed(body)
    if refused := sorted(_NOT_HERE & set(document)):
        raise invalid(f"The local SageMaker does not support the section {refused[0]} of a template.")
    if unknown := sorted(set(document) - _SECTIONS):
        raise invalid(f"Invalid template property or properties [{', '.join(unknown)}]")
    if not isinstance(document.get("Resources"), Mapping) or not document["Resources"]:
        raise invalid("Template format error: At least one Resources member must be defined.")
    template = Template(body, document)
    _check(template)
    return template


def _check(template: Template) -> None:
    _ = template.parameters
    for each in template.resources.values():
        if each.condition is not None and each.condition not in template.conditions:
            raise invalid(f"Template format error: Unresolved condition {each.condition} of {each.logical_id}.")
        if missing := [name for name in each.depends_on if name not in template.resources]:
            raise _unresolved(missing)
    for name, output in template.outputs.items():
        if not isinstance(output, Mapping) or "Value" not in output:
            raise invalid(f"Template format error: Every Outputs member must contain a Value object. ({name})")
        if unknown := sorted(set(output) - _OUTPUT_MEMBERS):
            raise invalid(f"The local SageMaker does not support {unknown[0]} of an output ({name}): leave it out.")


def _definition(name: str, facts: Any) -> Definition:
    if not _LOGICAL_ID.fullmatch(name):
        raise invalid(f"Template format error: Resource name {name} is non alphanumeric.")
    if not isinstance(facts, Mapping) or not isinstance(facts.get("Type"), str):
        raise invalid(f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member.")
    if refused := sorted(_NO_RESOURCE_MEMBERS & set(facts)):
        raise invalid(f"The local SageMaker does not support {refused[0]} of a resource ({name}): leave it out.")
    if unknown := sorted(set(facts) - _RESOURCE_MEMBERS):
        raise invalid(f"Invalid template resource property '{unknown[0]}'")
    depends_on = facts.get("DependsOn", [])
    return Definition(
        name,
        facts["Type"],
        facts.get("Properties") or {},
        tuple([depends_on] if isinstance(depends_on, str) else depends_on),
        facts.get("Condition"),
        _policy(name, "DeletionPolicy", facts),
        _policy(name, "UpdateReplacePolicy", facts),
    )


def _policy(name: str, member: str, facts: Mapping[str, Any]) -> str:
    policy = facts.get(member, "Delete")
    if policy not in _POLICIES:
        raise invalid(f"The local SageMaker does not support the {member} {policy} ({name}): {', '.join(_POLICIES)}.")
    return str(policy)


def _unresolved(names: Sequence[str]) -> Exception:
    listed = ", ".join(sorted(set(names)))
    return invalid(
        f"Template format error: Unresolved resource dependencies [{listed}] in the Resources block of the template"
    )
