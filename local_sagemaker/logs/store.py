"""Log groups, streams and events."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from typing import Any

from local_sagemaker.database import Database
from local_sagemaker.errors import AwsError

SCHEMA = """
CREATE TABLE IF NOT EXISTS log_groups (
    name TEXT PRIMARY KEY,
    created INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS log_streams (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    log_group TEXT NOT NULL REFERENCES log_groups (name) ON DELETE CASCADE,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,
    first_event INTEGER,
    last_event INTEGER,
    last_ingestion INTEGER,
    UNIQUE (log_group, name)
);
CREATE TABLE IF NOT EXISTS log_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    stream INTEGER NOT NULL REFERENCES log_streams (id) ON DELETE CASCADE,
    timestamp INTEGER NOT NULL,
    ingested INTEGER NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS log_events_in_order ON log_events (stream, timestamp, id);
"""


class LogStore:
    """All log groups, streams and events. Times are milliseconds since the epoch."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def append(self, group: str, stream: str, messages: Iterable[tuple[int, str]]) -> None:
        """Add events (time, message) to a stream; group and stream are made when they are not there.

        One call is one durable commit, so collect lines that come in quick succession.
        """
        now = int(time.time() * 1000)
        with self.database.write() as rows:
            rows.execute("INSERT OR IGNORE INTO log_groups VALUES (?, ?)", (group, now))
            rows.execute(
                "INSERT OR IGNORE INTO log_streams (log_group, name, created) VALUES (?, ?, ?)", (group, stream, now)
            )
            self.add_events(rows, require_stream(rows, group, stream), messages, now)

    @staticmethod
    def add_events(rows: sqlite3.Connection, stream: int, messages: Iterable[tuple[int, str]], now: int) -> None:
        """Add events to a stream that is there, and note its first and last time."""
        events = [(stream, timestamp, now, message) for timestamp, message in messages]
        if not events:
            return
        rows.executemany("INSERT INTO log_events (stream, timestamp, ingested, message) VALUES (?, ?, ?, ?)", events)
        times = [event[1] for event in events]
        rows.execute(
            "UPDATE log_streams SET first_event = min(ifnull(first_event, :first), :first), "
            "last_event = max(ifnull(last_event, :last), :last), last_ingestion = :now WHERE id = :id",
            {"first": min(times), "last": max(times), "now": now, "id": stream},
        )


def group_named(parameters: dict[str, Any]) -> str:
    """Return the name of the group that a request means, be it given by name, identifier or ARN.

    Raises
    ------
    AwsError
        `InvalidParameterException` if there is none, or two.
    """
    name, identifier = parameters.get("logGroupName"), parameters.get("logGroupIdentifier")
    if (name is None) == (identifier is None):
        message = "Exactly one of logGroupName and logGroupIdentifier must be given."
        raise AwsError("InvalidParameterException", message)
    return str(name or str(identifier).partition(":log-group:")[2].removesuffix(":*") or identifier)


def require_group(rows: sqlite3.Connection, group: str) -> None:
    """Raise `ResourceNotFoundException` unless the group is there."""
    if rows.execute("SELECT 1 FROM log_groups WHERE name = ?", (group,)).fetchone() is None:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")


def require_stream(rows: sqlite3.Connection, group: str, stream: str) -> int:
    """Return the id of a stream.

    Raises
    ------
    AwsError
        `ResourceNotFoundException`.
    """
    require_group(rows, group)
    row = rows.execute("SELECT id FROM log_streams WHERE log_group = ? AND name = ?", (group, stream)).fetchone()
    if row is None:
        raise AwsError("ResourceNotFoundException", "The specified log stream does not exist.")
    return int(row["id"])
