"""Scalable targets, their policies, and what was done, as they are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from pydantic import TypeAdapter

from local_sagemaker.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS scaling_records (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    record TEXT NOT NULL,
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    UNIQUE (kind, name)
);
"""
_MOST_ACTIVITIES = 1_000


class Record(Protocol):
    """What has a name within its kind."""

    @property
    def name(self) -> str:
        """The name."""


R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Target:
    """A scalable target: a variant's instance count."""

    resource: str
    id: str
    least: int
    most: int
    role: str
    created: datetime
    suspended: Mapping[str, bool] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The resource."""
        return self.resource


@dataclass(frozen=True, slots=True)
class Policy:
    """A target tracking policy."""

    resource: str
    policy: str
    id: str
    config: Mapping[str, Any]
    """Its `TargetTrackingScalingPolicyConfiguration`."""
    alarms: tuple[str, ...]
    """The names of its two alarms: above the target, and below."""
    created: datetime
    scaled_out: datetime | None = None
    scaled_in: datetime | None = None

    @property
    def name(self) -> str:
        """The resource and the policy's own name."""
        return policy_key(self.resource, self.policy)


@dataclass(frozen=True, slots=True)
class Activity:
    """One change of an instance count, or the attempt."""

    id: str
    resource: str
    description: str
    cause: str
    started: datetime
    status: str
    message: str

    @property
    def name(self) -> str:
        """The id."""
        return self.id


def policy_key(resource: str, policy: str) -> str:
    """Name a policy among those of all resources."""
    return f"{resource}\n{policy}"


class Table(Generic[R]):
    """All records of one kind, oldest first.

    Parameters
    ----------
    database : Database
        The durable store, with `SCHEMA`.
    record_type : type
        Their dataclass.
    """

    def __init__(self, database: Database, record_type: type[R]) -> None:
        self._database = database
        self._kind = record_type.__name__
        self._codec = TypeAdapter(record_type)

    def get(self, name: str) -> R | None:
        """Read a record."""
        sql = "SELECT record FROM scaling_records WHERE kind = ? AND name = ?"
        with self._database.read() as rows:
            row = rows.execute(sql, (self._kind, name)).fetchone()
        return None if row is None else self._codec.validate_json(row["record"])

    def all(self) -> list[R]:
        """Read every record."""
        sql = "SELECT record FROM scaling_records WHERE kind = ? ORDER BY number"
        with self._database.read() as rows:
            return [self._codec.validate_json(row["record"]) for row in rows.execute(sql, (self._kind,))]

    def put(self, record: R) -> None:
        """Write a record, over one of its name."""
        document = self._codec.dump_json(record).decode()
        with self._database.write() as rows:
            rows.execute(
                "INSERT INTO scaling_records (kind, name, record) VALUES (?, ?, ?) "
                "ON CONFLICT (kind, name) DO UPDATE SET record = excluded.record",
                (self._kind, record.name, document),
            )
            rows.execute(
                "DELETE FROM scaling_records WHERE kind = 'Activity' AND number <= (SELECT number FROM scaling_records "
                "WHERE kind = 'Activity' ORDER BY number DESC LIMIT 1 OFFSET ?)",
                (_MOST_ACTIVITIES,),
            )

    def change(self, name: str, change: Callable[[R], R]) -> R | None:
        """Read, change and write a record as one step; None if it is not there."""
        with self._database.write():
            record = self.get(name)
            if record is None:
                return None
            changed = change(record)
            self.put(changed)
            return changed

    def remove(self, name: str) -> bool:
        """Delete a record; False if it was not there."""
        with self._database.write() as rows:
            sql = "DELETE FROM scaling_records WHERE kind = ? AND name = ?"
            return rows.execute(sql, (self._kind, name)).rowcount == 1


class Store:
    """The three tables.

    Parameters
    ----------
    database : Database
        The durable store, with `SCHEMA`.
    """

    def __init__(self, database: Database) -> None:
        self.transaction = database.write
        self.targets = Table(database, Target)
        self.policies = Table(database, Policy)
        self.activities = Table(database, Activity)
