"""From data points to a state: the table of CloudWatch's guide, how missing points are treated."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from local_sagemaker.cloudwatch.alarms import Alarm, State
from local_sagemaker.cloudwatch.distributions import Distribution, merged, of_integers
from local_sagemaker.cloudwatch.evaluation import Point, evaluate
from local_sagemaker.cloudwatch.metrics import Metrics, key_of

_VALUES = {"-": None, "0": 0.0, "X": 9.0}
_NAMES = {State.OK: "OK", State.ALARM: "ALARM", State.INSUFFICIENT_DATA: "INSUFFICIENT", None: "same"}


def verdict(points: str, treatment: str, needed: int) -> str:
    """Evaluate points that are written oldest first."""
    request = {
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": needed,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": treatment,
        "Statistic": "Sum",
        "Period": 60,
    }
    when = datetime.now(UTC)
    alarm = Alarm("a", request, when, True, State.OK, "", when)
    found = [Point(60 * place, _VALUES[sign]) for place, sign in enumerate(points)]
    return _NAMES[evaluate(alarm, found[::-1]).state]


@pytest.mark.parametrize(
    ("points", "needed", "missing", "ignore", "breaching", "not_breaching"),
    [
        ("0-X-X", 3, "OK", "OK", "OK", "OK"),
        ("----0", 3, "OK", "OK", "OK", "OK"),
        ("-----", 3, "INSUFFICIENT", "same", "ALARM", "OK"),
        ("0XX-X", 3, "ALARM", "ALARM", "ALARM", "ALARM"),
        ("--X--", 3, "ALARM", "same", "ALARM", "OK"),
        ("0-X-X", 2, "ALARM", "ALARM", "ALARM", "ALARM"),
        ("0XX-X", 2, "ALARM", "ALARM", "ALARM", "ALARM"),
        ("---X-", 2, "ALARM", "same", "ALARM", "OK"),
        ("-----", 2, "INSUFFICIENT", "same", "ALARM", "OK"),
    ],
)
def test_missing_points_are_treated_as_documented(
    points: str, needed: int, missing: str, ignore: str, breaching: str, not_breaching: str
) -> None:
    found = [verdict(points, treatment, needed) for treatment in ("missing", "ignore", "breaching", "notBreaching")]
    assert found == [missing, ignore, breaching, not_breaching]


def test_many_different_values_cost_bounded_memory() -> None:
    values = Distribution()
    for value in range(1, 100_001):
        values.add(float(value))
    assert len(values.values) <= 100 + 32 * 17
    found = values.statistic("p90")
    assert found is not None
    assert abs(found / 90_000 - 1) < 0.02
    assert values.statistic("Sum") == sum(range(1, 100_001))


def test_many_latencies_are_told_within_two_percent_and_summed_exactly() -> None:
    latencies = [(number * 7_919) % 1_000_003 for number in range(5_000)]
    values = of_integers(latencies)
    for percent in (50, 90, 99):
        exact = sorted(latencies)[len(latencies) * percent // 100 - 1]
        assert abs((values.statistic(f"p{percent}") or 0) / exact - 1) < 0.02
    assert (values.total, values.least, values.most) == (sum(latencies), min(latencies), max(latencies))
    assert len(values.values) <= 32 * 20


def test_a_sum_of_distributions_is_told_as_exactly_as_its_parts() -> None:
    latencies = [(number * 7_919) % 1_000_003 for number in range(20_000)]
    parts = (of_integers(latencies[start : start + 1_000]) for start in range(0, 20_000, 1_000))
    whole = merged(parts)
    assert whole is not None
    exact = sorted(latencies)[len(latencies) * 99 // 100 - 1]
    assert abs((whole.statistic("p99") or 0) / exact - 1) < 0.02
    assert len(whole.values) <= 100 + 32 * 20


def test_old_values_are_kept_by_the_minute_and_then_without_percentiles() -> None:
    metrics, key = Metrics(), key_of("Own", "Many", {})
    start, seconds = 1_700_000_000 // 60 * 60, 20_000
    for second in range(seconds):
        one = Distribution()
        one.add(1.0)
        metrics.put(key, start + second, "None", one)
    end = start + seconds
    whole, latest = metrics.window(key, start, end, None), metrics.window(key, end - 10_000, end, None)
    assert whole is not None
    assert latest is not None
    assert (whole.count, whole.statistic("p50"), whole.statistic("Average")) == (seconds, None, 1.0)
    assert latest.statistic("p50") == 1.0
    assert len(metrics.periods(key, start, end, 1, None)) < 360 + seconds // 60
