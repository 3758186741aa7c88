"""FilterLogEvents: many streams of a group in the order of time, and the patterns that pick events."""

from __future__ import annotations

import heapq
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from local_sagemaker.errors import AwsError
from local_sagemaker.logs.paging import Paging
from local_sagemaker.logs.reading import within_page
from local_sagemaker.logs.store import LogStore, group_named, require_group

_LARGEST_PAGE = 10_000
_TERM = re.compile(r'\s*([-?]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))')


@dataclass(frozen=True, slots=True)
class Pattern:
    """Terms of which all, some or none must be in a message."""

    required: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """Read a pattern of terms and quoted phrases, `?` before alternatives and `-` before what must not occur.

        Raises
        ------
        AwsError
            `InvalidParameterException` for JSON, column and regular-expression patterns, which are not ours.
        """
        text = text.strip()
        if text.startswith(("{", "[", "%")):
            message = f"Filter patterns like {text!r} are not part of the local SageMaker: use plain terms"
            raise AwsError("InvalidParameterException", message)
        terms: dict[str, list[str]] = {"": [], "?": [], "-": []}
        position = 0
        while position < len(text):
            match = _TERM.match(text, position)
            if match is None:
                raise AwsError("InvalidParameterException", "Invalid filter pattern: a quote is left open")
            term = match[3] if match[2] is None else re.sub(r"\\(.)", r"\1", match[2])
            terms[match[1]].append(term)
            position = match.end()
        return cls(tuple(terms[""]), tuple(terms["?"]), tuple(terms["-"]))

    def matches(self, message: str) -> bool:
        """Tell whether a message is picked. Alternatives count only where no term is required, as in AWS."""
        if any(term in message for term in self.excluded):
            return False
        if self.required or not self.alternatives:
            return all(term in message for term in self.required)
        return any(term in message for term in self.alternatives)


def filter_events(store: LogStore, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return one page of a group's events in ascending order of time.

    Raises
    ------
    AwsError
        `ResourceNotFoundException`, `InvalidParameterException`.
    """
    pattern = Pattern.parse(parameters.get("filterPattern", ""))
    limit = parameters.get("limit", _LARGEST_PAGE)
    paging = Paging("events", group_named(parameters))
    after = paging.position(parameters.get("nextToken"), [0, 0])
    with store.database.read() as rows:
        streams = _streams(rows, group_named(parameters), parameters)
        by_stream = (_events(rows, stream, parameters, after) for stream in streams)
        events = heapq.merge(*by_stream, key=lambda row: (row["timestamp"], row["id"]))
        picked = (row for row in events if pattern.matches(row["message"]))
        found = list(islice(picked, limit + 1))
    page = within_page(found[:limit])
    answer: dict[str, Any] = {"events": [_event(row, streams[row["stream"]]) for row in page], "searchedLogStreams": []}
    if len(page) < len(found):
        answer["nextToken"] = paging.token([page[-1]["timestamp"], page[-1]["id"]])
    return answer


def _streams(rows: sqlite3.Connection, group: str, parameters: dict[str, Any]) -> dict[int, str]:
    require_group(rows, group)
    names, prefix = parameters.get("logStreamNames"), parameters.get("logStreamNamePrefix", "")
    if names and prefix:
        message = "logStreamNames and logStreamNamePrefix are mutually exclusive."
        raise AwsError("InvalidParameterException", message)
    found = rows.execute("SELECT id, name FROM log_streams WHERE log_group = ?", (group,)).fetchall()
    there = {row["name"]: row["id"] for row in found}
    if names and not set(names) <= there.keys():
        raise AwsError("ResourceNotFoundException", "The specified log stream does not exist.")
    return {there[name]: name for name in names or there if name.startswith(prefix)}


def _events(rows: sqlite3.Connection, stream: int, parameters: dict[str, Any], after: Any) -> Iterator[sqlite3.Row]:
    return rows.execute(
        "SELECT * FROM log_events WHERE stream = ? AND timestamp >= ? AND timestamp <= ? AND (timestamp, id) > (?, ?) "
        "ORDER BY timestamp, id",
        (stream, parameters.get("startTime", 0), parameters.get("endTime", 1 << 62), *after),
    )


def _event(row: sqlite3.Row, stream: str) -> dict[str, Any]:
    return {
        "logStreamName": stream,
        "timestamp": row["timestamp"],
        "message": row["message"],
        "ingestionTime": row["ingested"],
        "eventId": f"{row['id']:056d}",
    }
