"""Checks a PutMetricAlarm request for what the service model does not say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from local_sagemaker.cloudwatch.distributions import is_percentile
from local_sagemaker.errors import AwsError

_SHORT_PERIODS = (10, 20, 30)
_NEEDED = ("MetricName", "Namespace", "Period", "EvaluationPeriods", "Threshold", "ComparisonOperator")
_TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")
_MOST_TAGS = 50
_HOUR, _DAY, _WEEK = 3_600, 86_400, 604_800
_ACTIONS = ("OKActions", "AlarmActions", "InsufficientDataActions")
_DONE_HERE = ("arn:aws:sns:", "arn:aws:autoscaling:")


def check_alarm(request: Mapping[str, Any]) -> None:
    """Check a request.

    Raises
    ------
    AwsError
        `ValidationError` for what AWS refuses, or what only AWS does.
    """
    for problem in _problems(request):
        raise invalid(problem)


def invalid(message: str) -> AwsError:
    """Refuse a request."""
    return AwsError("ValidationError", message)


def _problems(request: Mapping[str, Any]) -> Iterator[str]:
    for name in _NEEDED:
        if name not in request:
            yield f"{name} must be specified for an alarm on a metric."
    if not math.isfinite(request["Threshold"]):
        yield "Threshold must be finite."
    yield from _of_statistic(request)
    yield from _of_periods(request)
    if request.get("TreatMissingData", "missing") not in _TREATMENTS:
        yield f"TreatMissingData must be one of {', '.join(_TREATMENTS)}."
    if len(request.get("Tags", ())) > _MOST_TAGS:
        yield f"An alarm has at most {_MOST_TAGS} tags."
    for action in (action for name in _ACTIONS for action in request.get(name, ())):
        if not action.startswith(_DONE_HERE):
            yield f"The local SageMaker does not support the action {action}: give the ARN of an SNS topic."


def _of_statistic(request: Mapping[str, Any]) -> Iterator[str]:
    if ("Statistic" in request) == ("ExtendedStatistic" in request):
        yield "Exactly one of Statistic and ExtendedStatistic must be specified."
    extended = request.get("ExtendedStatistic")
    if extended is not None and not is_percentile(extended):
        yield f"The local SageMaker does not support ExtendedStatistic={extended}: give a percentile, p0 to p100."


def _of_periods(request: Mapping[str, Any]) -> Iterator[str]:
    period, evaluated = request["Period"], request["EvaluationPeriods"]
    if period not in _SHORT_PERIODS and period % 60:
        yield "Period must be 10, 20, 30 or a multiple of 60."
    if period * evaluated > (_DAY if period < _HOUR else _WEEK):
        yield "Metrics cannot be checked across more than a day (a week, for periods of an hour or more)."
    if request.get("DatapointsToAlarm", 1) > evaluated:
        yield "DatapointsToAlarm must be less than or equal to EvaluationPeriods."
