"""Measuring so that a noisy machine disturbs all contenders alike: they take turns, and medians are compared."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


def alternate(contenders: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Let contenders take turns: A B C, B C A, C A B, … so that none always comes after the same one."""
    names = list(contenders)
    found: dict[str, list[T]] = {name: [] for name in names}
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            found[name].append(contenders[name]())
    return found


def percentile(values: Sequence[float], percent: float) -> float:
    """Return a percentile, the nearest value that is there."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median over the rounds of our figure over theirs in the same round: what disturbs a whole round falls
    out.
    """
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))
