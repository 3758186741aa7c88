"""Tells CloudWatch, which moto keeps, of training jobs' metrics before somebody reads them there."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from local_sagemaker.http.messages import Request, Response
from local_sagemaker.http.region import current_region
from local_sagemaker.server.own_requests import form_request

_NAMESPACE = "/aws/sagemaker/TrainingJobs"
_AT_ONCE = 500


class Point(Protocol):
    """One value of a metric of a job."""

    @property
    def job(self) -> str:
        """The job."""

    @property
    def name(self) -> str:
        """The metric."""

    @property
    def value(self) -> float:
        """The value."""

    @property
    def time(self) -> datetime:
        """When it was logged."""


class Series(Protocol):
    """Where the values come from."""

    def after(self, number: int) -> tuple[Sequence[Point], int]:
        """Return what has come after so many values, and how many there are by now."""


class Services(Protocol):
    """What answers CloudWatch."""

    def answer(self, request: Request) -> Response:
        """Carry one request out."""


class CloudWatch:
    """Answers CloudWatch's requests, and hands on all others.

    Parameters
    ----------
    services : Services
        What answers CloudWatch, and the rest.
    series : Series
        The metrics.
    """

    def __init__(self, services: Services, series: Series) -> None:
        self._services = services
        self._series = series
        self._told: dict[str, int] = {}
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Response:
        """Carry one request out; in each region all jobs' metrics are seen, as the jobs are."""
        if request.service == "monitoring":
            with self._lock:
                self._tell(current_region())
        return self._services.answer(request)

    def _tell(self, region: str) -> None:
        points, number = self._series.after(self._told.get(region, 0))
        self._told[region] = number
        for start in range(0, len(points), _AT_ONCE):
            self._services.answer(form_request("monitoring", region, _form(points[start : start + _AT_ONCE])))


def _form(points: Sequence[Point]) -> Mapping[str, str]:
    form = {"Action": "PutMetricData", "Version": "2010-08-01", "Namespace": _NAMESPACE}
    for place, point in enumerate(points, start=1):
        form |= {f"MetricData.member.{place}.{member}": value for member, value in _members(point)}
    return form


def _members(point: Point) -> Iterator[tuple[str, str]]:
    yield "MetricName", point.name
    yield "Value", repr(point.value)
    yield "Timestamp", point.time.isoformat()
    yield "Dimensions.member.1.Name", "TrainingJobName"
    yield "Dimensions.member.1.Value", point.job
