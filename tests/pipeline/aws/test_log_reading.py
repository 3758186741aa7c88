"""Following a log reads what is new, however long it goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

from pipeline.aws.log_reading import Tail
from pipeline.aws.session import Session

SECOND = 1000


class Logs:
    """A log group that answers `filter_log_events`, and counts the events it handed out."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.handed_out = 0

    def add(self, at: int, message: str, stream: str = "s") -> None:
        name = f"{len(self.events)}"
        self.events.append({"eventId": name, "timestamp": at, "logStreamName": stream, "message": message})

    def get_paginator(self, operation: str) -> Any:
        assert operation == "filter_log_events"
        return SimpleNamespace(paginate=self._pages)

    def _pages(self, **request: Any) -> Iterator[dict[str, Any]]:
        found = [event for event in self.events if event["timestamp"] >= request["startTime"]]
        self.handed_out += len(found)
        for event in sorted(found, key=lambda event: int(event["timestamp"])):
            yield {"events": [event]}


def tail_of(logs: Logs) -> Tail:
    return Tail(cast("Session", SimpleNamespace(logs=logs)), "group", None, since_minutes=60)


def test_following_costs_what_is_new_and_not_all_since_the_start() -> None:
    logs, now = Logs(), int(time.time() * SECOND)
    tail = tail_of(logs)
    seen = []
    for second in range(600):
        logs.add(now + second * SECOND, f"line {second}")
        seen += [line.message for line in tail.new_lines()]
    assert seen == [f"line {second}" for second in range(600)]
    assert logs.handed_out < 600 * 40  # 180,300 where each look begins at the start


def test_lines_of_one_moment_and_late_ones_are_read_once() -> None:
    logs, now = Logs(), int(time.time() * SECOND)
    tail = tail_of(logs)
    logs.add(now, "first")
    assert [line.message for line in tail.new_lines()] == ["first"]
    logs.add(now, "of the same millisecond")
    logs.add(now - 5 * SECOND, "late, of another stream", "t")
    assert [line.message for line in tail.new_lines()] == ["late, of another stream", "of the same millisecond"]
    assert list(tail.new_lines()) == []
