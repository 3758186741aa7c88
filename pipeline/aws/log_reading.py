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
_LATE_MILLISECONDS = 30_000
"""How much later than a younger line of another stream a line may come in, and is still read."""
TRAINING_GROUP = "/aws/sagemaker/TrainingJobs"


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
    tail = Tail(session, *_group(session, source), since_minutes)
    yield from tail.new_lines()
    while follow:
        time.sleep(max(_FOLLOW_SECONDS, session.target.poll_seconds))
        yield from tail.new_lines()


class Tail:
    """Reads a log group on from where it was, so that each look costs what is new and not all since the start.

    Parameters
    ----------
    session : Session
        Session.
    group : str
        The log group.
    prefix : str or None
        Of the streams in it; None for all.
    since_minutes : float
        How far back the first look goes.
    """

    def __init__(self, session: Session, group: str, prefix: str | None, since_minutes: float) -> None:
        self._session, self._group, self._prefix = session, group, prefix
        self._start = int((time.time() - since_minutes * 60) * 1000)
        self._seen: dict[str, int] = {}

    def new_lines(self) -> Iterator[LogLine]:
        """Yield the lines that were not there at the last look.

        Raises
        ------
        NotReady
            If there is no such log group yet.
        """
        for event_id, line in _events(self._session, self._group, self._prefix, self._start):
            if event_id not in self._seen:
                self._seen[event_id] = line.time
                yield line
        if self._seen:
            self._start = max(self._start, max(self._seen.values()) - _LATE_MILLISECONDS)
            self._seen = {event_id: at for event_id, at in self._seen.items() if at >= self._start}


def _group(session: Session, source: LogSource) -> tuple[str, str | None]:
    """Return the log group as SageMaker names it, and the prefix of this pipeline's streams in it."""
    match source:
        case LogSource.ENDPOINT:
            return f"/aws/sagemaker/Endpoints/{session.name}", None
        case LogSource.TRAINING:
            return TRAINING_GROUP, f"{session.name}-"
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
