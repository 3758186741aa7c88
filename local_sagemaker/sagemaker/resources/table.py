"""The durable tables of SageMaker's resources: one row each, a typed record in and a typed record out."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from local_sagemaker.database import Database
from local_sagemaker.sagemaker.resources.arns import Kind
from local_sagemaker.sagemaker.resources.listing import Query

SCHEMA = """
CREATE TABLE IF NOT EXISTS sagemaker_resources (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    created REAL NOT NULL,
    modified REAL NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;
"""


_OF_KIND = "SELECT * FROM sagemaker_resources WHERE kind = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What every resource has. `request` is the client's own Create request, which Describe repeats."""

    name: str
    request: Mapping[str, Any]
    created: datetime
    modified: datetime

    @property
    def state(self) -> str:
        """The status that lists are filtered by; resources that only exist have none."""
        return ""


R = TypeVar("R", bound=Resource)


def now() -> datetime:
    """Tell the time as SageMaker does: in UTC, to the millisecond."""
    time = datetime.now(UTC)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


class Resources(Generic[R]):
    """All resources of one kind.

    Parameters
    ----------
    database : Database
        The durable store; its schema includes `SCHEMA`.
    kind : Kind
        The resources' kind.
    record_type : type
        The dataclass of one of them.
    """

    def __init__(self, database: Database, kind: Kind, record_type: type[R]) -> None:
        self._database = database
        self.kind = kind
        self._codec = TypeAdapter(record_type)

    def transaction(self) -> AbstractContextManager[object]:
        """Make all that is written within the block, here and elsewhere in the store, one step."""
        return self._database.write()

    def get(self, name: str) -> R | None:
        """Read one resource."""
        with self._database.read() as connection:
            return self._find(connection, name)

    def add(self, record: R) -> bool:
        """Write a new resource; False if its name is taken."""
        with self._database.write() as connection:
            cursor = connection.execute(
                "INSERT OR IGNORE INTO sagemaker_resources VALUES (?, ?, ?, ?, ?, ?)", self._row(record)
            )
            return cursor.rowcount == 1

    def change(self, name: str, change: Callable[[R], R]) -> R | None:
        """Read, change and write one resource as one step, and stamp it; None if it is not there."""
        with self._database.write() as connection:
            record = self._find(connection, name)
            if record is None:
                return None
            changed = replace(change(record), modified=now())
            connection.execute("REPLACE INTO sagemaker_resources VALUES (?, ?, ?, ?, ?, ?)", self._row(changed))
            return changed

    def remove(self, name: str) -> bool:
        """Delete one resource; False if it was not there."""
        with self._database.write() as connection:
            cursor = connection.execute(
                "DELETE FROM sagemaker_resources WHERE kind = ? AND name = ?", (self.kind, name)
            )
            return cursor.rowcount == 1

    def all(self) -> list[R]:
        """Read every resource, oldest first."""
        sql = "SELECT record FROM sagemaker_resources WHERE kind = ? ORDER BY created, name"
        with self._database.read() as connection:
            return [self._codec.validate_json(row["record"]) for row in connection.execute(sql, (self.kind,))]

    def where(self, condition: str, value: Any) -> list[R]:
        """Read the resources that meet a condition on their row, oldest first."""
        sql = f"{_OF_KIND} AND {condition} ORDER BY created, name"
        with self._database.read() as connection:
            return [self._codec.validate_json(row["record"]) for row in connection.execute(sql, (self.kind, value))]

    def any(self, condition: str, value: Any) -> bool:
        """Tell if a resource meets a condition on its row."""
        sql = f"{_OF_KIND} AND {condition} LIMIT 1"
        with self._database.read() as connection:
            return connection.execute(sql, (self.kind, value)).fetchone() is not None

    def page(self, query: Query) -> tuple[list[R], str | None]:
        """Read one page of a list, and the token of the next page if there is one."""
        sql, values = query.sql()
        with self._database.read() as connection:
            rows = connection.execute(_OF_KIND + sql, (self.kind, *values)).fetchall()
        records = [self._codec.validate_json(row["record"]) for row in rows[: query.limit]]
        return records, query.token_after(rows[query.limit - 1]) if len(rows) > query.limit else None

    def _find(self, connection: sqlite3.Connection, name: str) -> R | None:
        sql = "SELECT record FROM sagemaker_resources WHERE kind = ? AND name = ?"
        row = connection.execute(sql, (self.kind, name)).fetchone()
        return None if row is None else self._codec.validate_json(row["record"])

    def _row(self, record: R) -> tuple[str, str, str, float, float, str]:
        document = self._codec.dump_json(record).decode()
        created, modified = record.created.timestamp(), record.modified.timestamp()
        return self.kind, record.name, record.state, created, modified, document
