"""`logs`: the containers' output, from CloudWatch Logs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import botocore.exceptions

from pipeline.aws.session import Session
from pipeline.errors import NotReady

_FOLLOW_SECONDS = 1.0


class LogSource(StrEnum):
    """Whose output to read."""

    ENDPOINT = "endpoint"
    TRAINING = "training"
    TRANSFORM = "transform"


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a container's output; `time` in milliseconds since 1970."""

    time: int
    stream: str
    message: str


def read(session: Session, source: LogSource, since_minutes: float, follow: bool) -> Iterator[LogLine]:
    """Yield the lines of this pipeline's containers, oldest first; with `follow`, go on for ever.

    Raises
    ------
    NotReady
        If nothing of that kind has logged yet.
    """
    group, prefix = _group(session, source)
    start = int((time.time() - since_minutes * 60) * 1000)
    seen: set[str] = set()
    while True:
        for event_id, line in _events(session, group, prefix, start):
            if event_id not in seen:
                seen.add(event_id)
                yield line
        if not follow:
            return
        time.sleep(_FOLLOW_SECONDS)


def _group(session: Session, source: LogSource) -> tuple[str, str | None]:
    """Return the log group as SageMaker names it, and the prefix of this pipeline's streams in it."""
    match source:
        case LogSource.ENDPOINT:
            return f"/aws/sagemaker/Endpoints/{session.name}", None
        case LogSource.TRAINING:
            return "/aws/sagemaker/TrainingJobs", f"{session.name}-"
        case LogSource.TRANSFORM:
            return "/aws/sagemaker/TransformJobs", f"{session.name}-"


def _events(session: Session, group: str, prefix: str | None, start: int) -> Iterator[tuple[str, LogLine]]:
    pages = session.logs.get_paginator("filter_log_events")
    request = {"logGroupName": group, "startTime": start} | ({"logStreamNamePrefix": prefix} if prefix else {})
    try:
        for page in pages.paginate(**request):  # type: ignore[arg-type]
            for event in page["events"]:
                yield event["eventId"], LogLine(event["timestamp"], event["logStreamName"], event["message"])
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            raise NotReady(f"There are no logs in {group} yet.") from error
        raise
