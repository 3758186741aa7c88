"""GetLogEvents: one stream, page by page, in either direction."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from local_sagemaker.logs.paging import invalid_token
from local_sagemaker.logs.store import LogStore, group_named, require_stream

_LARGEST_PAGE = 10_000
_LARGEST_PAGE_BYTES = 1 << 20
_BYTES_BESIDE_MESSAGE = 26
_LARGEST = 2**63
_TOKEN = re.compile(r"([fb])/(\d{20})(\d{20})/s")


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in a stream: just after (forward) or just before (backward) an event."""

    forward: bool
    timestamp: int
    event: int

    @classmethod
    def parse(cls, token: str) -> _Place:
        match = _TOKEN.fullmatch(token)
        if match is None or max(int(match[2]), int(match[3])) >= _LARGEST:
            raise invalid_token()
        return cls(match[1] == "f", int(match[2]), int(match[3]))

    def __str__(self) -> str:
        return f"{'f' if self.forward else 'b'}/{self.timestamp:020d}{self.event:020d}/s"


def get_events(store: LogStore, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return one page of a stream and the tokens of its neighbours.

    At either end of the stream the token that leads on is the one that was given, as in AWS.

    Raises
    ------
    AwsError
        `ResourceNotFoundException`, `InvalidParameterException`.
    """
    token = parameters.get("nextToken")
    place = _Place.parse(token) if token else None
    forward = place.forward if place else parameters.get("startFromHead", False)
    with store.database.read() as rows:
        stream = require_stream(rows, group_named(parameters), parameters["logStreamName"])
        query, values = _query(stream, place, forward, parameters)
        page = within_page(rows.execute(query, values))
    page = page if forward else page[::-1]
    first = _Place(False, page[0]["timestamp"], page[0]["id"]) if page else _empty(place, forward=False)
    last = _Place(True, page[-1]["timestamp"], page[-1]["id"]) if page else _empty(place, forward=True)
    return {
        "events": [
            {"timestamp": row["timestamp"], "message": row["message"], "ingestionTime": row["ingested"]} for row in page
        ],
        "nextForwardToken": str(last),
        "nextBackwardToken": str(first),
    }


def within_page(rows: Iterable[sqlite3.Row]) -> list[sqlite3.Row]:
    """Take rows as long as their messages fit into one answer, at least one."""
    page: list[sqlite3.Row] = []
    size = 0
    for row in rows:
        size += len(row["message"].encode()) + _BYTES_BESIDE_MESSAGE
        if page and size > _LARGEST_PAGE_BYTES:
            break
        page.append(row)
    return page


def _query(stream: int, place: _Place | None, forward: bool, parameters: dict[str, Any]) -> tuple[str, list[int]]:
    query, values = "SELECT * FROM log_events WHERE stream = ?", [stream]
    if "startTime" in parameters:
        query, values = f"{query} AND timestamp >= ?", [*values, parameters["startTime"]]
    if "endTime" in parameters:
        query, values = f"{query} AND timestamp < ?", [*values, parameters["endTime"]]
    if place is not None:
        query = f"{query} AND (timestamp, id) {'>' if forward else '<'} (?, ?)"
        values = [*values, place.timestamp, place.event]
    direction = "ASC" if forward else "DESC"
    limit = parameters.get("limit", _LARGEST_PAGE)
    return f"{query} ORDER BY timestamp {direction}, id {direction} LIMIT ?", [*values, limit]


def _empty(place: _Place | None, forward: bool) -> _Place:
    """The place of an empty page: where we were."""
    return _Place(forward, place.timestamp, place.event) if place else _Place(forward, 0, 0)
