"""What a metric's values within some time come to, and CloudWatch's statistics of it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_MOST_VALUES = 100
"""Different values that one distribution tells apart; further ones are told to 1.6%."""

_PERCENTILE = re.compile(r"p(\d{1,2}(\.\d{0,10})?|100)")


@dataclass(slots=True)
class Distribution:
    """Values and how often each came."""

    count: float = 0.0
    total: float = 0.0
    least: float = math.inf
    most: float = -math.inf
    values: dict[float, float] = field(default_factory=dict)
    """Of statistic sets (`StatisticValues`) there are none, so there are no percentiles either."""

    def add(self, value: float, count: float = 1.0) -> None:
        """Take a value that came so often."""
        self._take(count, value * count, value, value)
        self._count(value, count)

    def add_set(self, statistics: Mapping[str, float]) -> None:
        """Take a statistic set of PutMetricData; one of equal values is as good as the values."""
        count, least, most = statistics["SampleCount"], statistics["Minimum"], statistics["Maximum"]
        if least == most and count:
            self.add(least, count)
        else:
            self._take(count, statistics["Sum"], least, most)

    def merge(self, other: Distribution) -> None:
        """Take all of another distribution."""
        self._take(other.count, other.total, other.least, other.most)
        for value, count in other.values.items():
            self._count(value, count)

    def statistic(self, name: str) -> float | None:
        """Compute a statistic, `Average` or `p99.9`; None where nothing is known of it."""
        match name:
            case "SampleCount":
                return self.count
            case "Sum":
                return self.total
            case "Average":
                return self.total / self.count if self.count else None
            case "Minimum":
                return self.least
            case "Maximum":
                return self.most
            case _:
                return self._percentile(float(name[1:]))

    def _percentile(self, percent: float) -> float | None:
        counted = sum(self.values.values())
        if not counted or counted < self.count:
            return None
        wanted, seen = percent / 100 * counted, 0.0
        for value in sorted(self.values):
            seen += self.values[value]
            if seen >= wanted:
                return value
        return self.most

    def _count(self, value: float, count: float) -> None:
        if len(self.values) >= _MOST_VALUES and value not in self.values:
            value = _near(value)
        self.values[value] = self.values.get(value, 0.0) + count

    def _take(self, count: float, total: float, least: float, most: float) -> None:
        self.count += count
        self.total += total
        self.least = min(self.least, least)
        self.most = max(self.most, most)


def counted(values: Mapping[float, int]) -> Distribution:
    """Make a distribution of values and how often each came."""
    made = Distribution()
    for value, count in values.items():
        made.add(value, count)
    return made


def of_integers(values: Sequence[int]) -> Distribution:
    """Make a distribution of many integers at little cost: of many different ones, each is told to 1.6%."""
    different = Counter(values)
    if len(different) > _MOST_VALUES:
        different = Counter(map(_near_integer, values))
    told = {float(value): float(count) for value, count in different.items()}
    return Distribution(len(values), sum(values), min(values), max(values), told)


def merged(distributions: Iterable[Distribution]) -> Distribution | None:
    """Merge distributions; None if there are none."""
    whole: Distribution | None = None
    for distribution in distributions:
        whole = whole or Distribution()
        whole.merge(distribution)
    return whole


def _near(value: float) -> float:
    """Return the middle of those values that count as one: 32 between a number and its double."""
    part, exponent = math.frexp(value)
    return math.ldexp((math.floor(part * 64) + 0.5) / 64, exponent) if part else 0.0


def _near_integer(value: int) -> int:
    """Return the same, rounded, of an integer of six bits and more in less time."""
    dropped = max(0, value.bit_length() - 6)
    return (value >> dropped << dropped) + (1 << dropped >> 1)


def is_percentile(name: str) -> bool:
    """Tell whether an extended statistic is a percentile, `p0` to `p100`."""
    return _PERCENTILE.fullmatch(name) is not None
