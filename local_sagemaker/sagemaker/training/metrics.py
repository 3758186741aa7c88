"""Reads metrics from a training job's log with the regular expressions of its MetricDefinitions."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local_sagemaker.cloudwatch.distributions import counted
from local_sagemaker.cloudwatch.metrics import Datum
from local_sagemaker.containers.images.catalogue import find
from local_sagemaker.sagemaker.resources.refusals import unsupported
from local_sagemaker.sagemaker.resources.table import now

_NAMESPACE = "/aws/sagemaker/TrainingJobs"


@dataclass(frozen=True, slots=True)
class Metric:
    """A value that a metric had."""

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

    Raises
    ------
    AwsError
        `ValidationException` for an expression that Python does not take (AWS uses Java's).

    Examples
    --------
    >>> reader = MetricReader([{"Name": "loss", "Regex": "loss=([0-9.]+);"}])
    >>> [metric.value for metric in reader.read("epoch 1 loss=0.5; epoch 2 loss=0.25;")]
    [0.5, 0.25]
    >>> reader.final()[0].value
    0.25
    """

    def __init__(self, definitions: Iterable[Mapping[str, str]]) -> None:
        self._expressions = {definition["Name"]: _compiled(definition) for definition in definitions}
        self._last: dict[str, Metric] = {}

    def read(self, line: str) -> list[Metric]:
        """Look for every metric in a line, and return what is found."""
        found = []
        for name, expression in self._expressions.items():
            for match in expression.finditer(line):
                value = _number(match[1]) if expression.groups else None
                if value is not None:
                    found.append(Metric(name, value, now()))
        self._last.update({metric.name: metric for metric in found})
        return found

    def final(self) -> tuple[Metric, ...]:
        """Give the last value of each metric that was seen."""
        return tuple(self._last.values())


class MetricSeries:
    """The latest values of all jobs' metrics, until CloudWatch takes them; thread-safe.

    Parameters
    ----------
    most : int
        How many values wait; the oldest go first.
    """

    def __init__(self, most: int = 10_000) -> None:
        self._waiting: deque[Datum] = deque(maxlen=most)

    def add(self, job: str, metrics: Iterable[Metric]) -> None:
        """Take values of a job."""
        dimensions = {"TrainingJobName": job}
        self._waiting.extend(
            Datum(_NAMESPACE, metric.name, dimensions, metric.time.timestamp(), counted({metric.value: 1}))
            for metric in metrics
        )

    def take(self) -> Sequence[Datum]:
        """Give what waits."""
        return [self._waiting.popleft() for _ in range(len(self._waiting))]


def _compiled(definition: Mapping[str, str]) -> re.Pattern[str]:
    try:
        return re.compile(definition["Regex"])
    except re.error as error:
        name, regex = definition["Name"], definition["Regex"]
        raise unsupported(f'the Regex "{regex}" of metric {name}', f"write it for Python ({error}).") from error


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
