"""The CloudWatch alarms of an endpoint: what they watch, and making, checking and deleting them.

SageMaker takes an update back when one of them goes off while it bakes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.aws.ownership import not_ours
from pipeline.aws.session import OWNER_TAG, Session
from pipeline.deployment.updating.configuration import VARIANT


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Above what an alarm goes off."""

    server_errors: float = 0.01
    """Share of requests that the endpoint answers with 5xx."""
    p99_milliseconds: float = 1000.0
    """Of the containers' answers to the slowest request in a hundred."""
    container_errors: float = 0.1
    """Share of requests that a container does not answer with 2xx: higher, as what clients send wrongly counts, too."""


def names(endpoint: str) -> list[str]:
    """Return the names of an endpoint's alarms."""
    return [f"{endpoint}-5xx-errors", f"{endpoint}-p99-latency", f"{endpoint}-container-errors"]


def requests(endpoint: str, thresholds: Thresholds) -> list[dict[str, Any]]:
    """Return the requests of PutMetricAlarm, without tags."""
    errors, latency, containers = names(endpoint)
    return [
        _alarm(endpoint, errors, "Invocation5XXErrors", {"Statistic": "Average"}, thresholds.server_errors),
        _alarm(  # the metric counts microseconds
            endpoint, latency, "ModelLatency", {"ExtendedStatistic": "p99"}, thresholds.p99_milliseconds * 1000
        ),
        _alarm(endpoint, containers, "InvocationModelErrors", {"Statistic": "Average"}, thresholds.container_errors),
    ]


def ensure(session: Session, thresholds: Thresholds) -> list[str]:
    """Make the alarms, or change those that are otherwise; returns their names.

    Raises
    ------
    BadInput
        If an alarm of such a name is not ours.
    """
    present = _described(session)
    for name, alarm in present.items():
        if not _is_ours(session, alarm["AlarmArn"]):
            raise not_ours(session, "alarm", name)
    for request in requests(session.name, thresholds):
        name = request["AlarmName"]
        if name not in present:
            session.cloudwatch.put_metric_alarm(**request, Tags=session.owner_tags)
        elif any(present[name].get(member) != value for member, value in request.items()):
            session.cloudwatch.put_metric_alarm(**request)  # which takes no tags for an alarm that is there
    return names(session.name)


def ours(session: Session) -> list[str]:
    """Return the names of the endpoint's alarms that are there and ours."""
    return [name for name, alarm in _described(session).items() if _is_ours(session, alarm["AlarmArn"])]


def gone_off(session: Session) -> Sequence[str]:
    """Return the names of the endpoint's alarms that are in the state ALARM."""
    return [name for name, alarm in _described(session).items() if alarm["StateValue"] == "ALARM"]


def delete(session: Session) -> Iterator[str]:
    """Delete the endpoint's alarms that are ours, yielding what was deleted."""
    found = ours(session)
    if found:
        session.cloudwatch.delete_alarms(AlarmNames=found)
    for name in found:
        yield f"alarm {name}"


def _described(session: Session) -> Mapping[str, Any]:
    found = session.cloudwatch.describe_alarms(AlarmNames=names(session.name))["MetricAlarms"]
    return {alarm["AlarmName"]: alarm for alarm in found}


def _is_ours(session: Session, arn: str) -> bool:
    tags = session.cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]
    return {"Key": OWNER_TAG, "Value": session.name} in tags


def _alarm(endpoint: str, name: str, metric: str, statistic: Mapping[str, str], threshold: float) -> dict[str, Any]:
    return {
        "AlarmName": name,
        "AlarmDescription": f"Takes an update of the endpoint {endpoint} back when it goes off meanwhile.",
        "Namespace": "AWS/SageMaker",
        "MetricName": metric,
        "Dimensions": [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": VARIANT}],
        **statistic,
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": float(threshold),
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
