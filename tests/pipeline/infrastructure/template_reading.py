"""The template as data, with its short forms written out."""

from __future__ import annotations

from typing import Any

import yaml

from pipeline.infrastructure.parameters import TEMPLATE


class _Loader(yaml.SafeLoader):
    pass


def template() -> dict[str, Any]:
    """Read the template."""
    from moto.cloudformation.utils import yaml_tag_constructor  # seconds, which whoever collects tests can do without

    _Loader.add_multi_constructor("", yaml_tag_constructor)
    read: dict[str, Any] = yaml.load(TEMPLATE.read_text(), Loader=_Loader)
    return read


def properties(resource: str) -> dict[str, Any]:
    """Return the properties of a resource."""
    found: dict[str, Any] = template()["Resources"][resource]["Properties"]
    return found
