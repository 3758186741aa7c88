"""The durable tables of schedules and their groups."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from local_sagemaker.database import Database
from local_sagemaker.scheduler.records import DEFAULT_GROUP, Group, Schedule

SCHEMA = """
CREATE TABLE IF NOT EXISTS scheduler_schedules (
    schedule_group TEXT NOT NULL,
    name TEXT NOT NULL,
    due REAL,
    record TEXT NOT NULL,
    PRIMARY KEY (schedule_group, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS scheduler_groups (
    name TEXT PRIMARY KEY,
    record TEXT NOT NULL
) WITHOUT ROWID;
"""

_SCHEDULES, _GROUPS = TypeAdapter(Schedule), TypeAdapter(Group)
_EPOCH = datetime.fromisoformat("2022-11-10T00:00:00+00:00")
"""Since when the default group says that it is there."""


class ScheduleStore:
    """All schedules and groups.

    Parameters
    ----------
    database : Database
        The durable store, with `SCHEMA`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def transaction(self) -> AbstractContextManager[object]:
        """Make all that is written within the block one step."""
        return self._database.write()

    def find(self, group: str, name: str) -> Schedule | None:
        """Find a schedule."""
        sql = "SELECT record FROM scheduler_schedules WHERE schedule_group = ? AND name = ?"
        with self._database.read() as rows:
            row = rows.execute(sql, (group, name)).fetchone()
        return None if row is None else _SCHEDULES.validate_json(row["record"])

    def put(self, schedule: Schedule) -> None:
        """Write a schedule."""
        due = None if schedule.due is None or schedule.state == "DISABLED" else schedule.due.timestamp()
        values = (schedule.group, schedule.name, due, _SCHEDULES.dump_json(schedule).decode())
        with self._database.write() as rows:
            rows.execute("REPLACE INTO scheduler_schedules VALUES (?, ?, ?, ?)", values)

    def delete(self, group: str, name: str) -> bool:
        """Remove a schedule; False if it was not there."""
        with self._database.write() as rows:
            sql = "DELETE FROM scheduler_schedules WHERE schedule_group = ? AND name = ?"
            return rows.execute(sql, (group, name)).rowcount == 1

    def all(self) -> list[Schedule]:
        """Read every schedule, in the order of their groups and names."""
        return self._read("SELECT record FROM scheduler_schedules ORDER BY schedule_group, name")

    def next_due(self) -> Schedule | None:
        """Find the schedule that fires next."""
        found = self._read("SELECT record FROM scheduler_schedules WHERE due IS NOT NULL ORDER BY due LIMIT 1")
        return found[0] if found else None

    def _read(self, sql: str) -> list[Schedule]:
        with self._database.read() as rows:
            return [_SCHEDULES.validate_json(row["record"]) for row in rows.execute(sql)]

    def group(self, name: str) -> Group | None:
        """Find a group; the default one is always there."""
        with self._database.read() as rows:
            row = rows.execute("SELECT record FROM scheduler_groups WHERE name = ?", (name,)).fetchone()
        if row is None:
            return Group(name=name, created=_EPOCH, modified=_EPOCH) if name == DEFAULT_GROUP else None
        return _GROUPS.validate_json(row["record"])

    def put_group(self, group: Group) -> None:
        """Write a group."""
        with self._database.write() as rows:
            values = (group.name, _GROUPS.dump_json(group).decode())
            rows.execute("REPLACE INTO scheduler_groups VALUES (?, ?)", values)

    def delete_group(self, name: str) -> None:
        """Remove a group and its schedules."""
        with self._database.write() as rows:
            rows.execute("DELETE FROM scheduler_schedules WHERE schedule_group = ?", (name,))
            rows.execute("DELETE FROM scheduler_groups WHERE name = ?", (name,))

    def groups(self) -> list[Group]:
        """Read every group, in the order of their names."""
        with self._database.read() as rows:
            found: dict[str, Any] = {
                row["name"]: _GROUPS.validate_json(row["record"])
                for row in rows.execute("SELECT * FROM scheduler_groups")
            }
        default = self.group(DEFAULT_GROUP)
        return sorted({DEFAULT_GROUP: default, **found}.values(), key=lambda group: group.name)
