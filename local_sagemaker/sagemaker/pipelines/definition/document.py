"""What a pipeline's definition says, in types: parameters, and steps with what they need and where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any


class ParameterType(StrEnum):
    """What values a parameter takes."""

    STRING = "String"
    INTEGER = "Integer"
    FLOAT = "Float"
    BOOLEAN = "Boolean"


class StepType(StrEnum):
    """The types of step that are executed here."""

    TRAINING = "Training"
    PROCESSING = "Processing"
    TRANSFORM = "Transform"
    TUNING = "Tuning"
    MODEL = "Model"
    REGISTER_MODEL = "RegisterModel"
    CONDITION = "Condition"
    FAIL = "Fail"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the pipeline; `default` is None where a value must be given."""

    name: str
    type: ParameterType
    default: Any = None
    allowed: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class PropertyFile:
    """A JSON file among a processing step's outputs that others may look into."""

    output: str
    path: str


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When a failed attempt is followed by another; ends after `attempts`, or `minutes` after the first."""

    exceptions: tuple[str, ...]
    interval: float = 1.0
    backoff: float = 2.0
    attempts: int | None = None
    minutes: float | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """The place of a step below a Condition step: it runs if that comes out as `outcome`."""

    condition: str
    outcome: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `needs` are the steps that must have succeeded: those it names, and those that it refers to.

    Parameters
    ----------
    cached_for : timedelta, optional
        How old a result may be to be used instead of running the step; None where it is not cached.
    """

    name: str
    type: StepType
    arguments: Mapping[str, Any]
    needs: frozenset[str]
    branch: Branch | None = None
    display_name: str | None = None
    description: str | None = None
    cached_for: timedelta | None = None
    retry_policies: tuple[RetryPolicy, ...] = ()
    property_files: Mapping[str, PropertyFile] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Definition:
    """A whole definition. Steps stand in the document's order, those of branches after their Condition step."""

    parameters: Mapping[str, Parameter]
    steps: Mapping[str, Step]
    experiment: Mapping[str, Any]
