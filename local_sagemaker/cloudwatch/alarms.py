"""Metric alarms as they are kept: what each watches, the state it is in, and what has happened to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from local_sagemaker.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS cloudwatch_alarms (
    name TEXT PRIMARY KEY,
    record TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS cloudwatch_alarm_history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    alarm TEXT NOT NULL,
    time REAL NOT NULL,
    kind TEXT NOT NULL,
    summary TEXT NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS cloudwatch_alarm_history_by_alarm ON cloudwatch_alarm_history (alarm, id);
"""
_LONGEST_HISTORY = 1_000
"""Entries that are kept of one alarm."""

UNCHECKED = "Unchecked: Initial alarm creation"


class State(StrEnum):
    """The states of an alarm."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class HistoryKind(StrEnum):
    """What is noted of an alarm."""

    CONFIGURATION = "ConfigurationUpdate"
    STATE = "StateUpdate"
    ACTION = "Action"


@dataclass(frozen=True, slots=True)
class Alarm:
    """A metric alarm."""

    name: str
    request: Mapping[str, Any]
    """The last PutMetricAlarm, without its tags."""
    configured: datetime
    actions_enabled: bool
    state: State
    reason: str
    updated: datetime
    reason_data: str | None = None
    held_until: float = 0.0
    """A state that a client has set stays until then, in seconds since the epoch."""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def period(self) -> int:
        """The length of what one data point is computed of, in seconds."""
        return int(self.request["Period"])

    @property
    def statistic(self) -> str:
        """The statistic, be it a percentile or not."""
        return str(self.request.get("Statistic") or self.request["ExtendedStatistic"])

    @property
    def actions(self) -> Sequence[str]:
        """What is to be told of the state."""
        return list(self.request.get(_ACTIONS[self.state], ())) if self.actions_enabled else ()


_ACTIONS = {
    State.OK: "OKActions",
    State.ALARM: "AlarmActions",
    State.INSUFFICIENT_DATA: "InsufficientDataActions",
}


class Alarms:
    """All alarms, durable; a copy in memory is what they are evaluated by.

    Parameters
    ----------
    database : Database
        The durable store, with `SCHEMA`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._codec = TypeAdapter(Alarm)
        self._lock = threading.RLock()
        with database.read() as rows:
            records = rows.execute("SELECT record FROM cloudwatch_alarms").fetchall()
        self._alarms = {alarm.name: alarm for alarm in (self._codec.validate_json(row["record"]) for row in records)}

    def all(self) -> list[Alarm]:
        """Return all alarms, by name."""
        with self._lock:
            return [self._alarms[name] for name in sorted(self._alarms)]

    def get(self, name: str) -> Alarm | None:
        """Return an alarm."""
        return self._alarms.get(name)

    def missing(self, names: Iterable[str]) -> list[str]:
        """Tell which alarms are not there."""
        return [name for name in names if name not in self._alarms]

    def in_alarm(self, names: Iterable[str]) -> list[str]:
        """Tell which alarms are in state ALARM."""
        found = (self._alarms.get(name) for name in names)
        return [alarm.name for alarm in found if alarm is not None and alarm.state is State.ALARM]

    def put(self, name: str, change: Callable[[Alarm | None], Alarm], summary: str) -> Alarm:
        """Write an alarm that may be there or not, and note it."""
        with self._lock:
            changed = change(self._alarms.get(name))
            with self._database.write():
                self._write(changed)
                self._note(name, HistoryKind.CONFIGURATION, summary, dict(changed.request))
            self._alarms[name] = changed
            return changed

    def change(self, name: str, change: Callable[[Alarm], Alarm]) -> Alarm | None:
        """Change an alarm; None if it is not there. A change of its state is noted."""
        with self._lock:
            before = self._alarms.get(name)
            if before is None:
                return None
            changed = change(before)
            if changed != before:
                with self._database.write():
                    self._write(changed)
                    if changed.state is not before.state:
                        self._note(name, HistoryKind.STATE, _transition(before, changed), _states(before, changed))
                self._alarms[name] = changed
            return changed

    def remove(self, names: Iterable[str]) -> None:
        """Delete alarms with their history."""
        with self._lock:
            gone = list(names)
            with self._database.write() as rows:
                for name in gone:
                    rows.execute("DELETE FROM cloudwatch_alarms WHERE name = ?", (name,))
                    rows.execute("DELETE FROM cloudwatch_alarm_history WHERE alarm = ?", (name,))
            for name in gone:
                self._alarms.pop(name, None)

    def note_action(self, name: str, summary: str, data: Mapping[str, Any]) -> None:
        """Note that somebody was told of an alarm's state, or could not be."""
        with self._database.write():
            self._note(name, HistoryKind.ACTION, summary, data)

    def history(self, alarm: str | None, kind: str | None) -> list[dict[str, Any]]:
        """Return what was noted, oldest first."""
        sql = "SELECT * FROM cloudwatch_alarm_history WHERE ifnull(alarm = ?, 1) AND ifnull(kind = ?, 1) ORDER BY id"
        with self._database.read() as rows:
            return [dict(row) for row in rows.execute(sql, (alarm, kind))]

    def _write(self, alarm: Alarm) -> None:
        with self._database.write() as rows:
            document = self._codec.dump_json(alarm).decode()
            rows.execute("REPLACE INTO cloudwatch_alarms VALUES (?, ?)", (alarm.name, document))

    def _note(self, name: str, kind: HistoryKind, summary: str, data: Mapping[str, Any]) -> None:
        text = json.dumps({"type": str(kind), "version": "1.0", **data}, default=str)
        with self._database.write() as rows:
            entry = (name, datetime.now(UTC).timestamp(), kind, summary[:255], text[:4095])
            rows.execute(
                "INSERT INTO cloudwatch_alarm_history (alarm, time, kind, summary, data) VALUES (?, ?, ?, ?, ?)", entry
            )
            rows.execute(
                "DELETE FROM cloudwatch_alarm_history WHERE alarm = ? AND id <= (SELECT id FROM "
                "cloudwatch_alarm_history WHERE alarm = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
                (name, name, _LONGEST_HISTORY),
            )


def _transition(before: Alarm, after: Alarm) -> str:
    return f"Alarm updated from {before.state} to {after.state}"


def _states(before: Alarm, after: Alarm) -> dict[str, Any]:
    return {
        "oldState": {"stateValue": before.state, "stateReason": before.reason},
        "newState": {"stateValue": after.state, "stateReason": after.reason},
    }
