"""A template's text, JSON or YAML with short forms (`!Ref`), as a document of mappings, lists and scalars."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from local_sagemaker.cloudformation.refusals import invalid

if TYPE_CHECKING:
    import yaml

Document = Mapping[str, Any]

_LARGEST_BODY = 51_200
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_PLAIN_FUNCTIONS = ("Ref", "Condition")


def parsed(body: str) -> Document:
    """Read a template.

    Raises
    ------
    AwsError
        `ValidationError` for what is neither JSON nor YAML, or more than AWS takes.
    """
    if len(body.encode()) > _LARGEST_BODY:
        length = f"Member must have length less than or equal to {_LARGEST_BODY}"
        raise invalid(f"1 validation error detected: Value at 'templateBody' failed to satisfy constraint: {length}")
    document = _json(body) if body.lstrip().startswith("{") else _yaml(body)
    if not isinstance(document, Mapping):
        raise invalid("Template format error: unsupported structure.")
    return document


def _json(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise invalid(f"Template format error: JSON not well-formed. {error}") from error


def _yaml(body: str) -> Any:
    import yaml

    try:
        return yaml.load(body, _loader())  # noqa: S506  (a SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        raise invalid(f"Template format error: YAML not well-formed. {' '.join(str(error).split())}") from error


@cache
def _loader() -> type[yaml.SafeLoader]:
    """Make the loader: dates stay texts (`Version: 2012-10-17`), and there are no aliases, as on AWS."""
    import yaml

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        yaml_implicit_resolvers = {  # noqa: RUF012
            first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
            for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("YAML aliases are not allowed in CloudFormation templates")
            return super().compose_node(parent, index)

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
            keys = [self.construct_object(key, deep=True) for key, _ in node.value]
            twice = {str(key) for key in keys if keys.count(key) > 1}
            if twice:
                raise yaml.YAMLError(f"the key {', '.join(sorted(twice))} stands twice in one mapping")
            made: dict[Hashable, Any] = super().construct_mapping(node, deep)
            return made

    Loader.add_multi_constructor("!", _short_form)
    return Loader


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    """Write `!Name value` as the function that it is short for."""
    import yaml

    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in _PLAIN_FUNCTIONS else f"Fn::{suffix}": value}
