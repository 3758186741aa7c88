"""Asynchronous requests that wait for their endpoint: durable from the moment that their caller has an answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from local_sagemaker.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS sagemaker_async_requests (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint TEXT NOT NULL,
    request TEXT NOT NULL,
    body BLOB
);
CREATE INDEX IF NOT EXISTS sagemaker_async_endpoints ON sagemaker_async_requests (endpoint);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncRequest:
    """One call of InvokeEndpointAsync."""

    endpoint: str
    region: str
    inference_id: str
    input_location: str | None
    """Where the body is in S3; None if it came with the call."""
    output_location: str
    failure_location: str | None
    content_type: str | None
    accept: str | None
    custom_attributes: str | None
    most_age_seconds: int
    timeout_seconds: int
    received: float

    @property
    def expired(self) -> bool:
        """Whether it has waited longer than its caller wanted."""
        return datetime.now(UTC).timestamp() - self.received > self.most_age_seconds


class AsyncRequests:
    """The table of the requests that wait."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, request: AsyncRequest, body: bytes | None, most: int) -> int | None:
        """Write a request and return its number; None if so many wait for its endpoint already."""
        with self._database.write() as connection:
            count = "SELECT count(*) FROM sagemaker_async_requests WHERE endpoint = ?"
            if connection.execute(count, (request.endpoint,)).fetchone()[0] >= most:
                return None
            sql = "INSERT INTO sagemaker_async_requests (endpoint, request, body) VALUES (?, ?, ?)"
            return connection.execute(sql, (request.endpoint, json.dumps(asdict(request)), body)).lastrowid

    def read(self, number: int) -> tuple[AsyncRequest, bytes | None]:
        """Read a request and the body that came with it."""
        with self._database.read() as connection:
            sql = "SELECT request, body FROM sagemaker_async_requests WHERE number = ?"
            row = connection.execute(sql, (number,)).fetchone()
        said: Mapping[str, Any] = json.loads(row["request"])
        return AsyncRequest(**said), row["body"]

    def remove(self, number: int) -> None:
        """Forget a request that has been answered."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM sagemaker_async_requests WHERE number = ?", (number,))

    def waiting(self) -> list[tuple[int, str]]:
        """List the numbers and endpoints of all that wait, in the order in which they came."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT number, endpoint FROM sagemaker_async_requests ORDER BY number")
            return [(row["number"], row["endpoint"]) for row in rows]
