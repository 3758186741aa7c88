"""Writes `docs/requests.md` from the local SageMaker's lists of what it hears: `python -m tests.requests_page`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from local_sagemaker.cloudformation.request_members import CLOUDFORMATION
from local_sagemaker.cloudwatch.request_members import CLOUDWATCH
from local_sagemaker.logs.request_members import LOGS
from local_sagemaker.protocol.members import Members
from local_sagemaker.s3.request_members import S3
from local_sagemaker.sagemaker.experiments.request_members import METRICS
from local_sagemaker.sagemaker.resources.request_members import RUNTIME
from local_sagemaker.sagemaker.service import MEMBERS
from local_sagemaker.scaling.request_members import SCALING
from local_sagemaker.scheduler.request_members import SCHEDULER
from tests.reliability_page import CHECKOUT, table

PAGE = CHECKOUT / "docs" / "requests.md"

_HEAD = """# What the local SageMaker makes of a request

Each member of a request is honoured, taken although it says nothing on one machine, or refused by its name: none is
ignored without a word. The lists are code (`request_members.py` of each service) and this page is written from them
(`python -m tests.requests_page`). A test holds them to botocore's models: what a newer botocore knows and the lists do
not is refused. S3's and the runtime's members are named by the headers and parameters that carry them."""

_SERVICES: Mapping[str, Mapping[str, Members]] = {
    "SageMaker": MEMBERS,
    "SageMaker Metrics": METRICS,
    "SageMaker Runtime": RUNTIME,
    "CloudFormation": CLOUDFORMATION,
    "CloudWatch": CLOUDWATCH,
    "CloudWatch Logs": LOGS,
    "EventBridge Scheduler": SCHEDULER,
    "Application Auto Scaling": SCALING,
    "S3": S3,
}


def page() -> str:
    """Write the whole page."""
    parts = [_HEAD]
    for service, operations in _SERVICES.items():
        parts.append(f"## {service}")
        parts += _section("Taken, and without meaning here", ("member", "of", "because"), _without_meaning(operations))
        parts += _section("Taken at these values only", ("member", "of", "values"), _only(operations))
        parts += _section("Refused, with what to do instead", ("member", "of", "instead"), _instead(operations))
    return "\n\n".join(parts) + "\n"


def _section(title: str, columns: tuple[str, str, str], rows: list[tuple[str, str, str]]) -> list[str]:
    return [f"### {title}", table(columns, rows)] if rows else []


def _without_meaning(operations: Mapping[str, Members]) -> list[tuple[str, str, str]]:
    return _rows(operations, lambda members: members.reasons.items())


def _only(operations: Mapping[str, Members]) -> list[tuple[str, str, str]]:
    def values(members: Members) -> Iterable[tuple[str, str]]:
        return ((name, ", ".join(f"`{value}`" for value in allowed)) for name, allowed in members.only.items())

    return _rows(operations, values)


def _instead(operations: Mapping[str, Members]) -> list[tuple[str, str, str]]:
    return _rows(operations, lambda members: members.instead.items())


def _rows(
    operations: Mapping[str, Members], told: Callable[[Members], Iterable[tuple[str, Any]]]
) -> list[tuple[str, str, str]]:
    """Make a row of each member and what is told of it, with the operations of which that is so."""
    found: dict[tuple[str, str], list[str]] = {}
    for operation, members in operations.items():
        for name, what in told(members):
            found.setdefault((name, str(what)), []).append(operation)
    return [(f"`{name}`", ", ".join(where), what) for (name, what), where in sorted(found.items())]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
