"""References inside a definition: `{"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}` and their like."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local_sagemaker.sagemaker.pipelines.definition.refusals import unparsable

_PART = re.compile(r"\.?(?P<member>[A-Za-z0-9_\-]+)|\[(?P<index>\d+)\]|\[(?P<quote>['\"])(?P<key>.*?)(?P=quote)\]")
GET, JOIN, JSON_GET = "Get", "Std:Join", "Std:JsonGet"
PROPERTY_FILES = "PropertyFiles"


@dataclass(frozen=True, slots=True)
class Reference:
    """What a Get names: of a source (`Parameters`, `Execution`, `Steps`…) a name, and a path into it.

    A path's integers count, its strings name a member or key.
    """

    text: str
    source: str
    name: str
    path: tuple[str | int, ...] = ()


def read(text: str) -> Reference:
    """Read what a Get says.

    Examples
    --------
    >>> read("Steps.Split.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri").path
    ('ProcessingOutputConfig', 'Outputs', 'train', 'S3Output', 'S3Uri')
    """
    source, _, rest = text.partition(".")
    parts = list(split_path(rest)) if rest else []
    if not parts or not isinstance(parts[0], str):
        raise unparsable(f"Invalid reference [{text}].")
    return Reference(text, source, parts[0], tuple(parts[1:]))


def split_path(path: str) -> Iterator[str | int]:
    """Cut a path of members, `[0]` and `['key']` into its parts.

    Examples
    --------
    >>> list(split_path("metrics['a b'][0].value"))
    ['metrics', 'a b', 0, 'value']
    """
    place = 0
    while place < len(path):
        match = _PART.match(path, place)
        if match is None:
            raise unparsable(f"Invalid path [{path}].")
        yield int(match["index"]) if match["index"] else match["member"] or match["key"] or ""
        place = match.end()


def is_get(value: Any) -> bool:
    """Tell if a value is a Get."""
    return isinstance(value, Mapping) and len(value) == 1 and isinstance(value.get(GET), str)


def function_of(value: Any) -> str | None:
    """Tell which function a value is a call of; None if of none."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return None
    name = next(iter(value))
    return str(name) if str(name).startswith("Std:") else None


def within(value: Any) -> Iterator[Reference]:
    """Find all references in a value, however deep."""
    if is_get(value):
        yield read(value[GET])
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from within(item)
    elif isinstance(value, list):
        for item in value:
            yield from within(item)


def steps_within(value: Any) -> frozenset[str]:
    """Find the names of all steps that a value refers to."""
    return frozenset(reference.name for reference in within(value) if reference.source == "Steps")
