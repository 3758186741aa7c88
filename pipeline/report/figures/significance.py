"""How sure a figure is: intervals for shares, and McNemar's test for two models on the same records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, binomtest

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the bounds of its 95% confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class McNemar:
    """The records that only one of two models got right, and how likely so uneven a split is if both are as good."""

    both: int
    only_one: int
    only_other: int
    neither: int
    exact: float
    mid_p: float


def share(right: int, records: int) -> Interval:
    """Return `right / records` with Wilson's score interval; without records it is 0 to 1."""
    if not records:
        return Interval(float("nan"), 0.0, 1.0)
    bounds = binomtest(right, records).proportion_ci(LEVEL, method="wilson")
    return Interval(right / records, float(bounds.low), float(bounds.high))


def percentiles(value: float, resampled: NDArray[np.float64]) -> Interval:
    """Return the percentile interval of a bootstrap."""
    low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, float(low), float(high))


def mcnemar(one: NDArray[Any], other: NDArray[Any]) -> McNemar:
    """Compare two models on the same records by McNemar's test, two-sided, exact and with the mid-p correction [1]_.

    Parameters
    ----------
    one, other : ndarray of bool, shape (n_records,)
        Whether each model got each record right.

    References
    ----------
    .. [1] Fagerland, Lydersen and Laake, "The McNemar test for binary matched-pairs data: mid-p and asymptotic are
       better than exact conditional", BMC Medical Research Methodology 13, 2013.
    """
    only_one, only_other = int((one & ~other).sum()), int((other & ~one).sum())
    tosses = only_one + only_other
    exact = float(binomtest(only_one, tosses).pvalue) if tosses else 1.0
    mid_p = exact - float(binom.pmf(min(only_one, only_other), tosses, 0.5))
    if only_one == only_other:
        mid_p = 1 - float(binom.pmf(only_one, tosses, 0.5)) / 2
    return McNemar(
        both=int((one & other).sum()),
        only_one=only_one,
        only_other=only_other,
        neither=int((~one & ~other).sum()),
        exact=exact,
        mid_p=mid_p if tosses else 1.0,
    )
