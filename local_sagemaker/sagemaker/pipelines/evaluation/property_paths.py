"""Follows a path into a Describe operation's answer, or into a JSON document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_NAMES_OF_ITEMS = ("OutputName", "InputName", "ChannelName", "MetricName")
"""The SDKs index lists by name, as in `Outputs['train']`: they are lists of structures with one of these."""


class NotThere(Exception):
    """A path leads nowhere; the message says at which part."""


def look_up(structure: Any, path: Sequence[str | int]) -> Any:
    """Follow a path.

    Raises
    ------
    NotThere
        If there is nothing.

    Examples
    --------
    >>> look_up({"Outputs": [{"OutputName": "train", "Uri": "s3://a/b"}]}, ("Outputs", "train", "Uri"))
    's3://a/b'
    """
    found = structure
    for part in path:
        found = _into(found, part)
    return found


def _into(structure: Any, part: str | int) -> Any:
    if isinstance(structure, Mapping) and str(part) in structure:
        return structure[str(part)]
    if isinstance(structure, list) and isinstance(part, int) and part < len(structure):
        return structure[part]
    if isinstance(structure, list) and isinstance(part, str):
        for item in structure:
            if isinstance(item, Mapping) and any(item.get(name) == part for name in _NAMES_OF_ITEMS):
                return item
    raise NotThere(f"there is no {part!r}.")
