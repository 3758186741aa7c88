"""SageMaker Metrics, a service of its own: the values that a client logs to a trial component, and reads again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from local_sagemaker.errors import AwsError
from local_sagemaker.protocol.json_service import Handler
from local_sagemaker.sagemaker.experiments.metric_store import MetricStore, MetricValue
from local_sagemaker.sagemaker.experiments.operations import TrialComponentOperations
from local_sagemaker.sagemaker.experiments.statistics import BY_STEP, points
from local_sagemaker.sagemaker.resources import arns
from local_sagemaker.sagemaker.resources.answering import Answered
from local_sagemaker.sagemaker.resources.arns import Kind

_MOST_POINTS = 10_000
"""Of one answer to a query."""


class MetricsOperations:
    """The operations on the metrics of trial components.

    Parameters
    ----------
    store : MetricStore
        The values.
    components : TrialComponentOperations
        Tells if there is a component.
    """

    answered: ClassVar[Answered] = Answered.KEPT

    def __init__(self, store: MetricStore, components: TrialComponentOperations) -> None:
        self._store = store
        self._components = components

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {"BatchGetMetrics": self.get, "BatchPutMetrics": self.put}

    def put(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer BatchPutMetrics: what cannot be kept is told by its place in the request.

        Raises
        ------
        AwsError
            `ResourceNotFound` if there is no such trial component.
        """
        read = [_value(datum) for datum in request["MetricData"]]
        good = [index for index, value in enumerate(read) if value is not None]
        with self._store.transaction():
            name = self._components.find(request["TrialComponentName"]).name
            kept = self._store.add(name, [value for value in read if value is not None])
        errors = [_error("VALIDATION_ERROR", index) for index, value in enumerate(read) if value is None]
        errors += [_error("METRIC_LIMIT_EXCEEDED", index) for index in good[kept:]]
        return {"Errors": errors} if errors else {}

    def get(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer BatchGetMetrics: each query has a result, or a status and a message that say why not."""
        return {"MetricQueryResults": [self._answer(query) for query in request["MetricQueries"]]}

    def _answer(self, query: Mapping[str, Any]) -> dict[str, Any]:
        try:
            found = self._points(query)
        except AwsError as error:
            return {"Status": "ValidationError", "Message": error.message, "XAxisValues": [], "MetricValues": []}
        shown = found[:_MOST_POINTS]
        status = "Complete" if len(shown) == len(found) else "Truncated"
        return {"Status": status, "XAxisValues": [x for x, _ in shown], "MetricValues": [y for _, y in shown]}

    def _points(self, query: Mapping[str, Any]) -> Sequence[tuple[int, float]]:
        period, axis = query["Period"], query["XAxisType"]
        if (period == BY_STEP) != (axis == BY_STEP):
            raise AwsError("ValidationException", f"Period {period} does not go with XAxisType {axis}.")
        component = self._components.find(_component(query["ResourceArn"])).name
        values = self._store.of(component).get(query["MetricName"], ())
        start, end = query.get("Start", -math.inf), query.get("End", math.inf)
        return [point for point in points(values, query["MetricStat"], period) if start <= point[0] <= end]


def _component(arn: str) -> str:
    place = arns.parse(arn)
    if place is None or place[0] is not Kind.TRIAL_COMPONENT:
        advice = "those of training jobs and endpoints are CloudWatch's."
        raise AwsError("ValidationException", f"{arn} is no trial component, whose metrics alone are here: {advice}")
    return place[1]


def _value(datum: Mapping[str, Any]) -> MetricValue | None:
    """Read one value; None if it is no number that can be kept."""
    try:
        value = float(datum["Value"])
    except OverflowError:
        return None
    if not math.isfinite(value):
        return None
    return MetricValue(datum["MetricName"], datum["Timestamp"].timestamp(), datum.get("Step"), value)


def _error(code: str, index: int) -> dict[str, Any]:
    return {"Code": code, "MetricIndex": index}
