"""Replaces references and functions in a step's arguments by their values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local_sagemaker.sagemaker.pipelines.definition import references
from local_sagemaker.sagemaker.pipelines.definition.references import GET, JOIN, JSON_GET, PROPERTY_FILES, Reference
from local_sagemaker.sagemaker.pipelines.evaluation import property_paths
from local_sagemaker.sagemaker.pipelines.evaluation.property_paths import NotThere


class Unresolvable(Exception):
    """An expression has no value; the message is for the step's FailureReason."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where expressions of one step find their values.

    Parameters
    ----------
    given : mapping
        By source (`Parameters`, `Execution`, `PipelineExperimentConfig`), the values by name.
    properties : callable
        Describes a step that has succeeded, as its job's Describe operation does.
    property_file : callable
        Reads a property file, by its step's name and its own.
    json_at : callable
        Reads a JSON object of S3, by its URI.
    """

    given: Mapping[str, Mapping[str, Any]]
    properties: Callable[[str], Mapping[str, Any]]
    property_file: Callable[[str, str], Any]
    json_at: Callable[[str], Any]


def evaluated(value: Any, scope: Scope) -> Any:
    """Return a value with all its expressions replaced.

    Raises
    ------
    Unresolvable
        If one of them has no value.
    """
    if references.is_get(value):
        return _got(references.read(value[GET]), scope)
    function = references.function_of(value)
    if function is not None:
        return _FUNCTIONS[function](value[function], scope)
    if isinstance(value, Mapping):
        return {name: evaluated(item, scope) for name, item in value.items()}
    if isinstance(value, list):
        return [evaluated(item, scope) for item in value]
    return value


def text_of(value: Any) -> str:
    """Write a value as a part of a joined text: strings as they are, all else as JSON writes it."""
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _got(reference: Reference, scope: Scope) -> Any:
    if reference.source == "Steps":
        return _looked_up(scope.properties(reference.name), reference.path, reference.text)
    values = scope.given.get(reference.source, {})
    if reference.name not in values:
        raise Unresolvable(f"[{reference.text}] has no value.")
    return values[reference.name]


def _looked_up(structure: Any, path: tuple[str | int, ...], text: str) -> Any:
    try:
        return property_paths.look_up(structure, path)
    except NotThere as error:
        raise Unresolvable(f"[{text}] has no value: {error}") from error


def _joined(call: Mapping[str, Any], scope: Scope) -> str:
    return str(call.get("On", "")).join(text_of(evaluated(value, scope)) for value in call["Values"])


def _json_get(call: Mapping[str, Any], scope: Scope) -> Any:
    text = str(call["Path"])
    path = tuple(references.split_path(text.removeprefix("$")))
    return _looked_up(_json_of(call, scope), path, f"{JSON_GET} {text}")


def _json_of(call: Mapping[str, Any], scope: Scope) -> Any:
    if "S3Uri" in call:
        return scope.json_at(text_of(evaluated(call["S3Uri"], scope)))
    file = references.read(call["PropertyFile"][GET])
    if file.path[:1] != (PROPERTY_FILES,) or len(file.path) != 2:
        raise Unresolvable(f"[{file.text}] names no property file.")
    return scope.property_file(file.name, str(file.path[1]))


_FUNCTIONS: Mapping[str, Callable[[Mapping[str, Any], Scope], Any]] = {JOIN: _joined, JSON_GET: _json_get}
