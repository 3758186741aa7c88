"""What is told of many values of a metric: their summary, and points over time or steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from local_sagemaker.sagemaker.experiments.metric_store import MetricValue

BY_STEP = "IterationNumber"
"""The period, and the axis, of those who count steps."""

_SECONDS = {"OneMinute": 60, "FiveMinute": 300, "OneHour": 3600}


def _mean(values: Sequence[float]) -> float:
    """Divide first: the sum of what can be kept may be more than a number can be, and `statistics` then raises."""
    return math.fsum(value / len(values) for value in values)


def _deviation(values: Sequence[float]) -> float:
    """Take the deviation of the values themselves, which of a single one is 0."""
    mean = _mean(values)
    return math.hypot(*(value - mean for value in values)) / math.sqrt(len(values))


_STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Min": min,
    "Max": max,
    "Avg": _mean,
    "Count": len,
    "StdDev": _deviation,
    "Last": lambda values: values[-1],
}


def summary(arn: str, metric: str, values: Sequence[MetricValue]) -> dict[str, Any]:
    """Summarize a metric as DescribeTrialComponent does.

    Parameters
    ----------
    arn : str
        The trial component's.
    metric : str
        The metric's name.
    values : sequence of MetricValue
        All of its values, the latest last; at least one.
    """
    numbers = [each.value for each in values]
    told = {name: of(numbers) for name, of in _STATISTICS.items()}
    return {
        "MetricName": metric,
        "SourceArn": arn,
        "TimeStamp": datetime.fromtimestamp(values[-1].time, UTC),
        **{name: number for name, number in told.items() if math.isfinite(number)},
    }


def points(values: Sequence[MetricValue], statistic: str, period: str) -> list[tuple[int, float]]:
    """Take one statistic of each minute, hour or step that has values.

    Parameters
    ----------
    values : sequence of MetricValue
        A metric's, the latest last.
    statistic : str
        `Min`, `Max`, `Avg`, `Count`, `StdDev` or `Last`.
    period : str
        `OneMinute`, `FiveMinute` or `OneHour`; or `IterationNumber`, for which values without a step are left out.

    Returns
    -------
    list of (int, float)
        In order: a period's begin in milliseconds since the epoch, or a step, and the statistic; without those that
        no number can hold.
    """
    groups: dict[int, list[float]] = {}
    for each in values:
        place = each.step if period == BY_STEP else _begin(each.time, _SECONDS[period])
        if place is not None:
            groups.setdefault(place, []).append(each.value)
    found = ((place, float(_STATISTICS[statistic](groups[place]))) for place in sorted(groups))
    return [(place, number) for place, number in found if math.isfinite(number)]


def _begin(time: float, seconds: int) -> int:
    return int(time // seconds) * seconds * 1000
