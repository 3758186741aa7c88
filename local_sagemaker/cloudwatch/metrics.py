"""The values of all metrics, in memory: by the second for five minutes, then by the minute for 15 days."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from local_sagemaker.cloudwatch.distributions import Distribution, merged

_SECONDS = 300
_SECONDS_BEFORE_FOLDING = 360
_MINUTES = 15 * 24 * 60
_SECONDS_WITH_PERCENTILES = 3 * 60 * 60
"""Older minutes keep their sums and extremes alone, as the single values are what costs memory."""
_MOST_SERIES = 10_000
"""Metrics that are remembered; those that have had no value for longest go first."""

Dimensions = tuple[tuple[str, str], ...]
Key = tuple[str, str, Dimensions]
"""Namespace, name, and dimensions in the order of their names."""


@dataclass(frozen=True, slots=True)
class Datum:
    """Values of a metric at one time."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    time: float
    """Seconds since the epoch."""
    values: Distribution
    unit: str = "None"


Source = Callable[[], Iterable[Datum]]
"""Gives what has come since it was asked last."""


@dataclass(slots=True)
class Series:
    """One metric's values."""

    unit: str = "None"
    newest: int = 0
    seconds: dict[int, Distribution] = field(default_factory=dict)
    minutes: dict[int, Distribution] = field(default_factory=dict)

    def at(self, time: float) -> Distribution:
        """Return what takes the values of a second."""
        second = int(time)
        self.newest = max(self.newest, second)
        if len(self.seconds) > _SECONDS_BEFORE_FOLDING:
            self._fold()
        return self.seconds.setdefault(second, Distribution())

    def within(self, start: int, end: int) -> Iterator[tuple[int, Distribution]]:
        """Go through what there is from one second to another, which is not included."""
        if end - start < len(self.seconds):
            yield from ((second, self.seconds[second]) for second in range(start, end) if second in self.seconds)
        else:
            yield from ((second, found) for second, found in self.seconds.items() if start <= second < end)
        yield from ((minute, found) for minute, found in self.minutes.items() if start <= minute < end)

    def _fold(self) -> None:
        """Put old seconds into their minutes, and forget the oldest minutes."""
        for second in [second for second in self.seconds if second < self.newest - _SECONDS]:
            self.minutes.setdefault(second // 60 * 60, Distribution()).merge(self.seconds.pop(second))
        for second in sorted(self.seconds)[: max(0, len(self.seconds) - _SECONDS)]:
            self.minutes.setdefault(second // 60 * 60, Distribution()).merge(self.seconds.pop(second))
        for minute in sorted(self.minutes)[: max(0, len(self.minutes) - _MINUTES)]:
            del self.minutes[minute]
        for minute, found in self.minutes.items():
            if minute < self.newest - _SECONDS_WITH_PERCENTILES:
                found.values = {}


class Metrics:
    """All metrics; thread-safe."""

    def __init__(self) -> None:
        self._series: dict[Key, Series] = {}
        self._sources: list[Source] = []
        self._lock = threading.RLock()

    def listen(self, source: Source) -> None:
        """Ask a source for what has come since, before anybody reads."""
        self._sources.append(source)

    def collect(self) -> None:
        """Take what the sources have."""
        with self._lock:
            for source in self._sources:
                for datum in source():
                    key = key_of(datum.namespace, datum.name, datum.dimensions)
                    self._at(key, datum.time, datum.unit).merge(datum.values)

    def put(self, key: Key, time: float, unit: str, values: Distribution) -> None:
        """Take values of a metric."""
        with self._lock:
            self._at(key, time, unit).merge(values)

    def _at(self, key: Key, time: float, unit: str) -> Distribution:
        series = self._series.pop(key, None) or Series()
        self._series[key] = series  # at the end: the first is the one that has had no value for longest
        if len(self._series) > _MOST_SERIES:
            del self._series[next(iter(self._series))]
        series.unit = unit
        return series.at(time)

    def window(self, key: Key, start: int, end: int, unit: str | None) -> Distribution | None:
        """Return a metric's values from one second to another; None if there are none, or of other units alone."""
        with self._lock:
            return merged(values for _, values in self._within(key, start, end, unit))

    def periods(self, key: Key, start: int, end: int, period: int, unit: str | None) -> dict[int, Distribution]:
        """Return a metric's values in periods from a second on, in the order of time; empty periods are left out."""
        found: dict[int, Distribution] = {}
        with self._lock:
            for second, values in self._within(key, start, end, unit):
                found.setdefault(start + (second - start) // period * period, Distribution()).merge(values)
        return dict(sorted(found.items()))

    def unit(self, key: Key) -> str:
        """Tell a metric's unit."""
        with self._lock:
            series = self._series.get(key)
            return "None" if series is None else series.unit

    def listed(self) -> list[tuple[Key, int]]:
        """List all metrics, with the second of the newest value of each."""
        with self._lock:
            return sorted((key, series.newest) for key, series in self._series.items())

    def _within(self, key: Key, start: int, end: int, unit: str | None) -> Iterator[tuple[int, Distribution]]:
        series = self._series.get(key)
        if series is not None and unit in (None, series.unit):
            yield from series.within(start, end)


def key_of(namespace: str, name: str, dimensions: Mapping[str, str]) -> Key:
    """Name a metric."""
    return namespace, name, tuple(sorted(dimensions.items()))


def dimensions_of(listed: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Read the dimensions of a request."""
    return {dimension["Name"]: dimension["Value"] for dimension in listed}


def described(key: Key) -> dict[str, object]:
    """Write a metric as the API does."""
    namespace, name, dimensions = key
    listed = [{"Name": dimension, "Value": value} for dimension, value in dimensions]
    return {"Namespace": namespace, "MetricName": name, "Dimensions": listed}
