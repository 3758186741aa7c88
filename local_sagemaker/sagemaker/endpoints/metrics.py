"""Endpoints' metrics as CloudWatch has them on AWS: noted by every request, and put together when somebody looks."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from local_sagemaker.cloudwatch.distributions import Distribution, counted, of_integers
from local_sagemaker.cloudwatch.metrics import Datum

_NAMESPACE = "AWS/SageMaker"
_MOST_WAITING = 100_000
_MICROSECONDS, _NO_UNIT = "Microseconds", "None"
_IN_A_SECOND = 1e6
_CALLERS_FAULT, _MODELS_FAULT, _NO_STATUS = 400, 500, 600


class Call(NamedTuple):
    """One request to a model; a tuple, as every request makes one."""

    endpoint: str
    config: str
    variant: str
    instances: int
    time: float
    status: int
    """Of the model's answer; 0 if there was none."""
    seconds: float
    """From the request's arrival here to now."""
    containers: Sequence[tuple[str, float]] = ()
    """The containers that answered, and the seconds that each took."""
    in_series: bool = False
    """Whether the model has several containers, however many of them answered."""

    @property
    def good(self) -> bool:
        """Whether the model answered 2xx."""
        return 200 <= self.status < 300


class EndpointMetrics:
    """The requests that CloudWatch has not taken yet; the oldest go first when there are too many."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=_MOST_WAITING)
        self.note = self._calls.append

    def take(self) -> Iterator[Datum]:
        """Give what has come since, put together by the second."""
        groups: dict[tuple[str, str, str, int, int], list[Call]] = {}
        for _ in range(len(self._calls)):
            call = self._calls.popleft()
            group = call.endpoint, call.config, call.variant, call.instances, int(call.time)
            groups.setdefault(group, []).append(call)
        for calls in groups.values():
            yield from _metrics(calls)


def backlog_metrics(endpoint: str, backlog: int, instances: int, time: float) -> Iterator[Datum]:
    """Write how many asynchronous requests wait or are being answered, at one time.

    Parameters
    ----------
    endpoint : str
        The endpoint's name, which is all that AWS tells of these.
    backlog, instances : int
        How many requests there are, and among how many instances they are shared out; without any, nobody's share is
        known, and `HasBacklogWithoutCapacity` says whether somebody waits.
    time : float
        Seconds since the epoch.
    """
    values = {"ApproximateBacklogSize": float(backlog), "HasBacklogWithoutCapacity": float(backlog > 0 == instances)}
    if instances:
        values["ApproximateBacklogSizePerInstance"] = backlog / instances
    for name, value in values.items():
        yield Datum(_NAMESPACE, name, {"EndpointName": endpoint}, time, counted({value: 1}))


def _metrics(calls: Sequence[Call]) -> Iterator[Datum]:
    first = calls[0]
    dimensions = {"EndpointName": first.endpoint, "VariantName": first.variant}
    of_config = {**dimensions, "EndpointConfigName": first.config}
    found = [*_counts(calls), *_latencies(calls)]
    for where in (dimensions, of_config):
        yield from (Datum(_NAMESPACE, name, where, first.time, values, unit) for name, values, unit in found)
    share = counted({1.0 / max(1, first.instances): len(calls)})
    yield Datum(_NAMESPACE, "InvocationsPerInstance", dimensions, first.time, share)
    if first.in_series:
        for name, values in _by_container(calls):
            where = {**dimensions, "ContainerName": name}
            yield Datum(_NAMESPACE, "ContainerLatency", where, first.time, values, _MICROSECONDS)


def _counts(calls: Sequence[Call]) -> Iterator[tuple[str, Distribution, str]]:
    number = len(calls)
    yield "Invocations", counted({1.0: number}), _NO_UNIT
    found = {
        "Invocation4XXErrors": sum(_CALLERS_FAULT <= call.status < _MODELS_FAULT for call in calls),
        "Invocation5XXErrors": sum(_MODELS_FAULT <= call.status < _NO_STATUS for call in calls),
        "InvocationModelErrors": sum(not call.good for call in calls),
    }
    for name, errors in found.items():
        values = {1.0: errors, 0.0: number - errors}
        yield name, counted({value: count for value, count in values.items() if count}), _NO_UNIT


def _latencies(calls: Sequence[Call]) -> Iterator[tuple[str, Distribution, str]]:
    answered = [(call.seconds, sum(seconds for _, seconds in call.containers)) for call in calls if call.containers]
    if answered:
        yield "ModelLatency", _latency(model for _, model in answered), _MICROSECONDS
        yield "OverheadLatency", _latency(max(0.0, whole - model) for whole, model in answered), _MICROSECONDS


def _by_container(calls: Sequence[Call]) -> Iterator[tuple[str, Distribution]]:
    found: dict[str, list[float]] = {}
    for call in calls:
        for name, seconds in call.containers:
            found.setdefault(name, []).append(seconds)
    return ((name, _latency(seconds)) for name, seconds in found.items())


def _latency(seconds: Iterable[float]) -> Distribution:
    return of_integers([round(one * _IN_A_SECOND) for one in seconds])
