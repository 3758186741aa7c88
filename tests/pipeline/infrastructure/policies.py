"""The template's policies as IAM would see them, and as much of IAM as they use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.pipeline.infrastructure.template_reading import template

OPERATOR = ("OperatorPolicy", "ReleasePolicy", "KeyOfOperator")
EXECUTION = ("ExecutionRole", "KeyOfExecutionRole", "NetworkOfExecutionRole")
NAME = "life"
VALUES = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
    "PipelineName": NAME,
}


@dataclass(frozen=True)
class Statement:
    """One statement of a policy, with its functions worked out."""

    actions: list[str]
    resources: list[str]
    condition: Mapping[str, Any]

    def allows(self, action: str, resource: str, tags: Mapping[str, str]) -> bool:
        """Tell if it allows an action on a resource whose request carries the tags; other conditions are met."""
        wanted = {
            key.removeprefix("aws:RequestTag/"): value
            for key, value in self.condition.get("StringEquals", {}).items()
            if key.startswith("aws:RequestTag/")
        }
        return (
            action in self.actions
            and any(fnmatchcase(resource, pattern) for pattern in self.resources)
            and all(tags.get(key) == value for key, value in wanted.items())
        )


def statements(resources: tuple[str, ...], values: Mapping[str, str]) -> list[Statement]:
    """Return the statements of the policies of these resources of the template."""
    return [found for name in resources for found in _of(template()["Resources"][name]["Properties"], values)]


def actions(resources: tuple[str, ...]) -> set[str]:
    """Return every action that these resources of the template allow."""
    return {action for statement in statements(resources, VALUES) for action in statement.actions}


def _of(properties: Mapping[str, Any], values: Mapping[str, str]) -> Iterator[Statement]:
    policies = properties.get("Policies", [properties])
    for policy in policies:
        for item in policy["PolicyDocument"]["Statement"]:
            read = _worked_out(item, values)
            yield Statement(_listed(read["Action"]), _listed(read["Resource"]), read.get("Condition", {}))


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _worked_out(value: Any, values: Mapping[str, str]) -> Any:
    """Work out Sub, Ref and If, the last as where everything is made; GetAtt is whatever `values` has for it."""
    if isinstance(value, list):
        return [_worked_out(item, values) for item in value]
    if not isinstance(value, dict):
        return value
    match list(value.items()):
        case [("Fn::If", [_, made, _])]:
            return _worked_out(made, values)
        case [("Ref", name)]:
            return values.get(name, name)
        case [("Fn::GetAtt", name)]:
            place = ".".join(name) if isinstance(name, list) else name
            return values.get(place, place)
        case [("Fn::Sub", text)]:
            return _substituted(text, values)
    return {key: _worked_out(item, values) for key, item in value.items()}


def _substituted(text: Any, values: Mapping[str, str]) -> str:
    if isinstance(text, list):
        text, more = text
        values = {**values, **{key: _worked_out(item, values) for key, item in more.items()}}
    return re.sub(r"\$\{([\w:.]+)\}", lambda match: values[match[1]], text)
