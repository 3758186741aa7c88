"""McNemar's test and the intervals, held to worked figures."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.report.figures.significance import mcnemar, share


def right(*counts: int) -> tuple[np.ndarray, np.ndarray]:
    """Return two models' answers: both right, only the first, only the second, neither."""
    both, only_one, only_other, neither = counts
    one = [True] * (both + only_one) + [False] * (only_other + neither)
    other = [True] * both + [False] * only_one + [True] * only_other + [False] * neither
    return np.array(one), np.array(other)


@pytest.mark.parametrize(
    ("counts", "exact", "mid_p"),
    [
        ((5, 10, 2, 1), 158 / 4096, (158 - 66) / 4096),
        ((5, 2, 10, 1), 158 / 4096, (158 - 66) / 4096),
        ((0, 3, 3, 0), 1.0, 1 - 20 / 64 / 2),
        ((7, 0, 0, 2), 1.0, 1.0),
    ],
)
def test_mcnemar_is_exact_and_mid_p(counts: tuple[int, ...], exact: float, mid_p: float) -> None:
    found = mcnemar(*right(*counts))
    assert (found.both, found.only_one, found.only_other, found.neither) == counts
    assert found.exact == pytest.approx(exact, rel=1e-12)
    assert found.mid_p == pytest.approx(mid_p, rel=1e-12)


def test_share_has_wilsons_interval() -> None:
    found = share(8, 10)
    assert found.value == 0.8
    assert (found.low, found.high) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)


def test_share_of_no_records_is_unknown() -> None:
    found = share(0, 0)
    assert np.isnan(found.value)
    assert (found.low, found.high) == (0.0, 1.0)
