"""How many cases the fuzzers try, and what a case may cost: seconds, so that a hang is a failure, and memory."""

from __future__ import annotations

import os
import resource
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from hypothesis import HealthCheck, given, settings

CASES = int(os.environ.get("FUZZ_CASES") or 40)
"""For each property; `make fuzz` sets it."""

HANG = timedelta(seconds=10)
MEGABYTE = 2**20

tried: Counter[str] = Counter()
"""Cases so far, by the test's name."""


def fuzzed(cost: float = 1.0, **strategies: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a property test of `CASES / cost` cases; a case that takes longer than `HANG` fails it."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @settings(
            max_examples=max(1, round(CASES / cost)),
            deadline=HANG,
            suppress_health_check=[
                HealthCheck.function_scoped_fixture,
                HealthCheck.too_slow,
                HealthCheck.data_too_large,
            ],
        )
        @given(**strategies)
        @wraps(test)
        def counted(*arguments: Any, **values: Any) -> None:
            tried[test.__name__] += 1
            test(*arguments, **values)

        return counted

    return decorate


def most_memory() -> int:
    """Return the most bytes that this process ever had in memory."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
