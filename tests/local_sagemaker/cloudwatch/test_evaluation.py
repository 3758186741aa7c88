"""From data points to a state: the table of CloudWatch's guide, how missing points are treated."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from local_sagemaker.cloudwatch.alarms import Alarm, State
from local_sagemaker.cloudwatch.distributions import Distribution
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
    assert len(values.values) <= 600
    found = values.statistic("p90")
    assert found is not None
    assert abs(found / 90_000 - 1) < 0.06
    assert values.statistic("Sum") == sum(range(1, 100_001))


def test_old_values_are_kept_by_the_minute() -> None:
    metrics, key = Metrics(), key_of("Own", "Many", {})
    start = 1_700_000_000 // 60 * 60
    for second in range(10_000):
        one = Distribution()
        one.add(1.0)
        metrics.put(key, start + second, "None", one)
    whole = metrics.window(key, start, start + 10_000, None)
    assert whole is not None
    assert whole.count == 10_000
    assert len(metrics.periods(key, start, start + 10_000, 1, None)) < 4_500
