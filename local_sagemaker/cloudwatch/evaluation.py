"""From an alarm's data points to its state, as CloudWatch documents it: M out of N, and what missing points mean."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_sagemaker.cloudwatch.alarms import Alarm, State
from local_sagemaker.cloudwatch.metrics import Metrics, dimensions_of, key_of

_FURTHER_BACK = 2
"""Periods before the evaluated ones that are looked at, for points that stand in for missing ones."""

_COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
_TREATED = {"breaching": "Breaching", "notBreaching": "NonBreaching"}


@dataclass(frozen=True, slots=True)
class Point:
    """One data point of an alarm; `value` is None where there is none."""

    start: int
    value: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A state and why; None is the state that the alarm has already."""

    state: State | None
    reason: str = ""
    data: str | None = None


def points(alarm: Alarm, metrics: Metrics, now: float) -> list[Point]:
    """Compute an alarm's latest data points, newest first, as far back as needed. The windows end now, and slide."""
    request, period, evaluated = alarm.request, alarm.period, int(alarm.request["EvaluationPeriods"])
    key = key_of(request["Namespace"], request["MetricName"], dimensions_of(request.get("Dimensions", ())))
    found: list[Point] = []
    for number in range(evaluated + _FURTHER_BACK):
        if sum(point.value is not None for point in found) == evaluated:
            break
        end = int(now) - number * period
        values = metrics.window(key, end - period, end, request.get("Unit"))
        found.append(Point(end - period, None if values is None else values.statistic(alarm.statistic)))
    return found


def evaluate(alarm: Alarm, found: Sequence[Point]) -> Verdict:
    """Decide the state of an alarm by its data points, newest first."""
    evaluated = int(alarm.request["EvaluationPeriods"])
    needed = int(alarm.request.get("DatapointsToAlarm", evaluated))
    known = [point for point in found if point.value is not None][:evaluated]
    breaching = [point for point in known if _breaches(alarm, point)]
    missing = evaluated - len(known)
    treatment = str(alarm.request.get("TreatMissingData", "missing"))
    state = _state(len(known), len(breaching), missing, needed, treatment)
    if state is None:
        return Verdict(None)
    reason = _reason(alarm, state, known, breaching, missing, treatment)
    return Verdict(state, reason, _data(alarm, known))


def _state(known: int, breaching: int, missing: int, needed: int, treatment: str) -> State | None:
    if breaching >= needed:
        return State.ALARM
    if treatment == "breaching":
        return State.ALARM if breaching + missing >= needed else State.OK
    if treatment == "notBreaching" or not missing:
        return State.OK
    if treatment == "ignore":
        return State.OK if breaching + missing < needed else None
    if not known:
        return State.INSUFFICIENT_DATA
    return State.ALARM if breaching >= min(needed, known) else State.OK


def _breaches(alarm: Alarm, point: Point) -> bool:
    compare, _ = _COMPARISONS[alarm.request["ComparisonOperator"]]
    return point.value is not None and compare(point.value, alarm.request["Threshold"])


def _reason(
    alarm: Alarm, state: State, known: Sequence[Point], breaching: Sequence[Point], missing: int, treatment: str
) -> str:
    evaluated = alarm.request["EvaluationPeriods"]
    plural = "s" if evaluated > 1 else ""
    if state is State.INSUFFICIENT_DATA:
        return f"Insufficient Data: {missing} datapoint{'s were' if missing > 1 else ' was'} unknown."
    if not known:
        treated = f"{missing} missing datapoint{'s were' if missing > 1 else ' was'} treated as [{_TREATED[treatment]}]"
        return f"Threshold Crossed: no datapoints were received for {evaluated} period{plural} and {treated}."
    shown = breaching if state is State.ALARM and breaching else known
    _, words = _COMPARISONS[alarm.request["ComparisonOperator"]]
    return (
        f"Threshold Crossed: {len(shown)} out of the last {evaluated} datapoint{plural} "
        f"[{', '.join(map(_shown, shown[:5]))}] {'were' if len(shown) > 1 else 'was'} "
        f"{'' if state is State.ALARM else 'not '}{words} the threshold ({float(alarm.request['Threshold'])})."
    )


def _shown(point: Point) -> str:
    return f"{point.value} ({datetime.fromtimestamp(point.start, UTC):%d/%m/%y %H:%M:%S})"


def _data(alarm: Alarm, known: Sequence[Point]) -> str:
    facts: dict[str, Any] = {
        "version": "1.0",
        "queryDate": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f%z}",
        "statistic": alarm.statistic,
        "period": alarm.period,
        "recentDatapoints": [point.value for point in reversed(known)],
        "threshold": alarm.request["Threshold"],
    }
    return json.dumps(facts)[:4000]
