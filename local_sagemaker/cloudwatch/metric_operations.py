"""The operations on metrics: values put in, statistics read back."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from local_sagemaker.cloudwatch.distributions import Distribution, is_percentile
from local_sagemaker.cloudwatch.metrics import Metrics, described, dimensions_of, key_of
from local_sagemaker.cloudwatch.paging import page
from local_sagemaker.errors import AwsError
from local_sagemaker.protocol.json_service import Handler

_STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_MOST_VALUES = 150
_MOST_DATUMS = 1_000
_MOST_POINTS = 1_440
_MOST_DATAPOINTS = 100_800
_LISTED = 500
_MINUTE, _RECENT, _TWO_WEEKS, _TWO_HOURS = 60, 3 * 3_600, 14 * 86_400, 2 * 3_600


class MetricOperations:
    """PutMetricData, GetMetricData, GetMetricStatistics and ListMetrics."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {
            "GetMetricData": self.get_data,
            "GetMetricStatistics": self.get_statistics,
            "ListMetrics": self.list,
            "PutMetricData": self.put,
        }

    def put(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer PutMetricData.

        Raises
        ------
        AwsError
            `InvalidParameterValue` for what AWS would not take.
        """
        namespace, datums = request["Namespace"], request.get("MetricData", ())
        if namespace.startswith("AWS/"):
            raise _invalid("The value AWS/ for parameter Namespace is invalid: it is reserved.")
        if len(datums) > _MOST_DATUMS:
            raise _invalid(f"The collection MetricData must not have a size greater than {_MOST_DATUMS}.")
        for datum, values in [(datum, _values(datum)) for datum in datums]:
            key = key_of(namespace, datum["MetricName"], dimensions_of(datum.get("Dimensions", ())))
            when = datum["Timestamp"].timestamp() if "Timestamp" in datum else time.time()
            self._metrics.put(key, when, datum.get("Unit", "None"), values)
        return {}

    def get_statistics(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer GetMetricStatistics."""
        statistics, extended = request.get("Statistics", ()), request.get("ExtendedStatistics", ())
        if bool(statistics) == bool(extended):
            raise AwsError("InvalidParameterCombination", "Give either Statistics or ExtendedStatistics.")
        for name in extended:
            _check_statistic(name)
        period = _checked_period(request["Period"])
        start, end = _range(request)
        start -= start % min(period, _MINUTE)
        if (end - start) / period > _MOST_POINTS:
            raise AwsError("InvalidParameterCombination", f"More than {_MOST_POINTS} datapoints would be returned.")
        key = key_of(request["Namespace"], request["MetricName"], dimensions_of(request.get("Dimensions", ())))
        self._metrics.collect()
        unit = self._metrics.unit(key)
        found = self._metrics.periods(key, start, end, period, request.get("Unit"))
        points = [_datapoint(second, values, statistics, extended, unit) for second, values in found.items()]
        return {"Label": request["MetricName"], "Datapoints": points}

    def get_data(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer GetMetricData, all in one page."""
        start, end = _range(request)
        newest_first = request.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        self._metrics.collect()
        results = [
            self._result(query, start, end, newest_first)
            for query in request["MetricDataQueries"]
            if query.get("ReturnData", True)
        ]
        if sum(len(result["Values"]) for result in results) > request.get("MaxDatapoints", _MOST_DATAPOINTS):
            raise AwsError("ValidationError", "There are more data points than MaxDatapoints: ask for less at once.")
        return {"MetricDataResults": results, "Messages": []}

    def list(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListMetrics."""
        self._metrics.collect()
        since = time.time() - _RECENT if "RecentlyActive" in request else 0.0
        found = [
            described(key)
            for key, newest in self._metrics.listed()
            if newest >= since
            and request.get("Namespace") in (None, key[0])
            and request.get("MetricName") in (None, key[1])
            and all(_has(key[2], wanted) for wanted in request.get("Dimensions", ()))
        ]
        listed, token = page("metrics", found, request, _LISTED)
        return {"Metrics": listed, **token}

    def _result(self, query: Mapping[str, Any], start: int, end: int, newest_first: bool) -> dict[str, Any]:
        if "MetricStat" not in query:
            raise AwsError("ValidationError", f"The query {query['Id']} has neither MetricStat nor an Expression.")
        wanted = query["MetricStat"]
        metric, period = wanted["Metric"], _checked_period(wanted["Period"])
        _check_statistic(wanted["Stat"])
        key = key_of(metric["Namespace"], metric["MetricName"], dimensions_of(metric.get("Dimensions", ())))
        found = self._metrics.periods(key, start - start % period, end, period, wanted.get("Unit"))
        points = [(second, values.statistic(wanted["Stat"])) for second, values in found.items()]
        known = [(second, value) for second, value in points if value is not None]
        return {
            "Id": query["Id"],
            "Label": query.get("Label", metric["MetricName"]),
            "Timestamps": [_time(second) for second, _ in _ordered(known, newest_first)],
            "Values": [value for _, value in _ordered(known, newest_first)],
            "StatusCode": "Complete",
        }


def _ordered(points: list[tuple[int, float]], newest_first: bool) -> Iterator[tuple[int, float]]:
    return reversed(points) if newest_first else iter(points)


def _values(datum: Mapping[str, Any]) -> Distribution:
    """Read a datum's values, in whichever of the three ways they are given."""
    if sum(way in datum for way in ("Value", "Values", "StatisticValues")) != 1:
        raise _invalid(f"Give one of Value, Values and StatisticValues of {datum['MetricName']}.")
    age = time.time() - datum["Timestamp"].timestamp() if "Timestamp" in datum else 0.0
    if not -_TWO_HOURS <= age <= _TWO_WEEKS:
        raise _invalid(f"The Timestamp of {datum['MetricName']} is more than two weeks ago, or two hours ahead.")
    values, statistics = Distribution(), datum.get("StatisticValues")
    if statistics is not None:
        _check_numbers(datum, [statistics["SampleCount"]], list(statistics.values()))
        values.add_set(statistics)
        return values
    given = datum.get("Values", [datum.get("Value")])
    counts = datum.get("Counts", [1.0] * len(given))
    if len(counts) != len(given) or len(given) > _MOST_VALUES:
        raise _invalid(f"{datum['MetricName']} needs as many Counts as Values, and at most {_MOST_VALUES}.")
    _check_numbers(datum, counts, given)
    for value, count in zip(given, counts, strict=True):
        values.add(float(value), float(count))
    return values


def _check_numbers(datum: Mapping[str, Any], counts: Sequence[float], values: Sequence[float]) -> None:
    if min(counts, default=0.0) <= 0 or not all(map(math.isfinite, (*counts, *values))):
        raise _invalid(
            f"The values of {datum['MetricName']} must be finite, and each must have come more than 0 times."
        )


def _datapoint(
    second: int, values: Distribution, statistics: list[str], extended: list[str], unit: str
) -> dict[str, Any]:
    point: dict[str, Any] = {"Timestamp": _time(second), "Unit": unit}
    point |= {name: values.statistic(name) for name in statistics}
    known = {name: value for name in extended if (value := values.statistic(name)) is not None}
    return point | ({"ExtendedStatistics": known} if known else {})


def _has(dimensions: tuple[tuple[str, str], ...], wanted: Mapping[str, str]) -> bool:
    return any(name == wanted["Name"] and wanted.get("Value") in (None, value) for name, value in dimensions)


def _range(request: Mapping[str, Any]) -> tuple[int, int]:
    start, end = int(request["StartTime"].timestamp()), int(request["EndTime"].timestamp())
    if start >= end:
        raise AwsError("ValidationError", "The parameter StartTime must be less than the parameter EndTime.")
    return start, end


def _checked_period(period: int) -> int:
    if period not in (1, 5, 10, 20, 30) and period % _MINUTE:
        raise _invalid("Period must be 1, 5, 10, 20, 30 or a multiple of 60.")
    return period


def _check_statistic(name: str) -> None:
    if name not in _STATISTICS and not is_percentile(name):
        raise AwsError(
            "ValidationError",
            f"The local SageMaker does not support the statistic {name}: give one of {', '.join(_STATISTICS)} or a "
            "percentile, p0 to p100.",
        )


def _time(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)
