"""Reads metrics from a training job's log with the regular expressions of its MetricDefinitions."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local_sagemaker.containers.images.catalogue import find
from local_sagemaker.sagemaker.resources.refusals import unsupported
from local_sagemaker.sagemaker.resources.table import now


@dataclass(frozen=True, slots=True)
class Metric:
    """The last value that a metric had."""

    name: str
    value: float
    time: datetime


def definitions_of(request: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
    """Find a job's MetricDefinitions: its request's, else those of the image's own algorithm where that trains."""
    algorithm = request["AlgorithmSpecification"]
    if "MetricDefinitions" in algorithm:
        given: Sequence[Mapping[str, str]] = algorithm["MetricDefinitions"]
        return given
    has_script = "ContainerEntrypoint" in algorithm or "sagemaker_program" in request.get("HyperParameters", {})
    return [] if has_script else find(algorithm["TrainingImage"]).image.training.metric_definitions


class MetricReader:
    """Looks for metrics in lines; a metric's value is the first group of its expression's match.

    Parameters
    ----------
    definitions : iterable of mapping
        The MetricDefinitions.
    heard : callable
        Gets each value as soon as it is read.

    Raises
    ------
    AwsError
        `ValidationException` for an expression that Python does not take (AWS uses Java's).

    Examples
    --------
    >>> reader = MetricReader([{"Name": "loss", "Regex": "loss=([0-9.]+);"}])
    >>> reader.read("epoch 1 loss=0.5; epoch 2 loss=0.25;")
    >>> reader.final()[0].value
    0.25
    """

    def __init__(
        self, definitions: Iterable[Mapping[str, str]], heard: Callable[[Metric], None] = lambda _: None
    ) -> None:
        self._heard = heard
        self._expressions = {definition["Name"]: _compiled(definition) for definition in definitions}
        self._last: dict[str, Metric] = {}

    def read(self, line: str) -> None:
        """Look for every metric in a line."""
        for name, expression in self._expressions.items():
            for match in expression.finditer(line):
                value = _number(match[1]) if expression.groups else None
                if value is not None:
                    self._last[name] = Metric(name, value, now())
                    self._heard(self._last[name])

    def final(self) -> tuple[Metric, ...]:
        """Give the last value of each metric that was seen."""
        return tuple(self._last.values())


def _compiled(definition: Mapping[str, str]) -> re.Pattern[str]:
    try:
        return re.compile(definition["Regex"])
    except re.error as error:
        name, regex = definition["Name"], definition["Regex"]
        raise unsupported(f'the Regex "{regex}" of metric {name}', f"Python cannot read it ({error}).") from error


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
