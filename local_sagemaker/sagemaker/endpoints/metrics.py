"""Endpoints' metrics as CloudWatch has them on AWS: noted by every request, and put together when somebody looks."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from local_sagemaker.cloudwatch.metrics import Datum

_NAMESPACE = "AWS/SageMaker"
_MOST_WAITING = 100_000
_MICROSECONDS = 1e6
_CALLERS_FAULT, _MODELS_FAULT, _NO_STATUS = 400, 500, 600


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a model."""

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


def _metrics(calls: Sequence[Call]) -> Iterator[Datum]:
    first = calls[0]
    dimensions = {"EndpointName": first.endpoint, "VariantName": first.variant}
    of_config = {**dimensions, "EndpointConfigName": first.config}
    for where in (dimensions, of_config):
        yield from _counts(calls, where)
        yield from _latencies("ModelLatency", where, first.time, _model_seconds(calls))
        yield from _latencies("OverheadLatency", where, first.time, _overhead_seconds(calls))
    share = 1.0 / max(1, first.instances)
    yield Datum(_NAMESPACE, "InvocationsPerInstance", dimensions, first.time, share, len(calls))
    if len(first.containers) > 1:
        for name, seconds in _by_container(calls).items():
            yield from _latencies("ContainerLatency", {**dimensions, "ContainerName": name}, first.time, seconds)


def _counts(calls: Sequence[Call], dimensions: Mapping[str, str]) -> Iterator[Datum]:
    when, number = calls[0].time, len(calls)
    yield Datum(_NAMESPACE, "Invocations", dimensions, when, 1.0, number)
    found = {
        "Invocation4XXErrors": sum(_CALLERS_FAULT <= call.status < _MODELS_FAULT for call in calls),
        "Invocation5XXErrors": sum(_MODELS_FAULT <= call.status < _NO_STATUS for call in calls),
        "InvocationModelErrors": sum(not call.good for call in calls),
    }
    for name, errors in found.items():
        for value, count in ((1.0, errors), (0.0, number - errors)):
            if count:
                yield Datum(_NAMESPACE, name, dimensions, when, value, count)


def _latencies(name: str, dimensions: Mapping[str, str], when: float, seconds: Iterable[float]) -> Iterator[Datum]:
    for microseconds, count in Counter(round(one * _MICROSECONDS) for one in seconds).items():
        yield Datum(_NAMESPACE, name, dimensions, when, float(microseconds), count, "Microseconds")


def _model_seconds(calls: Sequence[Call]) -> Iterator[float]:
    return (_in_containers(call) for call in calls if call.containers)


def _overhead_seconds(calls: Sequence[Call]) -> Iterator[float]:
    return (max(0.0, call.seconds - _in_containers(call)) for call in calls if call.containers)


def _in_containers(call: Call) -> float:
    return sum(seconds for _, seconds in call.containers)


def _by_container(calls: Sequence[Call]) -> Mapping[str, list[float]]:
    found: dict[str, list[float]] = {}
    for call in calls:
        for name, seconds in call.containers:
            found.setdefault(name, []).append(seconds)
    return found
