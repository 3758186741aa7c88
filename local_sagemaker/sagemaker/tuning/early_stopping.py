"""`TrainingJobEarlyStoppingType=Auto`: AWS's median rule.

Whenever a training job says a value of the objective, the best that it has said so far is compared with the median of
what the others had said on average when they were as far. One that is worse than that will hardly be the best, and is
stopped.
"""

from __future__ import annotations

import statistics
import threading
from collections.abc import Sequence

LEAST_OTHERS = 3
"""Before so many others were as far there is nothing to compare with."""


class MedianRule:
    """Hears the objective's values of all training jobs of a tuning job; from any thread.

    Parameters
    ----------
    maximize : bool
        Whether a greater value is better.

    Examples
    --------
    >>> rule = MedianRule(maximize=True)
    >>> [rule.hear(job, 0.5) for job in "abc"]
    [False, False, False]
    >>> rule.hear("d", 0.4), rule.hear("e", 0.6)
    (True, False)
    """

    def __init__(self, maximize: bool) -> None:
        self._sign = 1.0 if maximize else -1.0
        self._said: dict[str, list[float]] = {}
        self._lock = threading.Lock()

    def hear(self, job: str, value: float) -> bool:
        """Take a training job's next value; True if the job is to be stopped."""
        with self._lock:
            said = self._said.setdefault(job, [])
            said.append(self._sign * value)
            others = [values[: len(said)] for name, values in self._said.items() if name != job]
        return _is_hopeless(said, [values for values in others if len(values) == len(said)])


def _is_hopeless(said: Sequence[float], others: Sequence[Sequence[float]]) -> bool:
    if len(others) < LEAST_OTHERS:
        return False
    return max(said) < statistics.median(statistics.fmean(values) for values in others)
