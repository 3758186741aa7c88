"""The values of trial components' metrics, in the order in which they came: durable, and bounded for each component."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from local_sagemaker.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS sagemaker_metric_values (
    component TEXT NOT NULL,
    number INTEGER NOT NULL,
    metric TEXT NOT NULL,
    time REAL NOT NULL,
    step INTEGER,
    value REAL NOT NULL,
    PRIMARY KEY (component, number)
) WITHOUT ROWID;
"""

MOST = 100_000
"""Values of one component; AWS has a limit, too, and does not publish it."""

_LATEST = "SELECT COALESCE(MAX(number), 0) AS number FROM sagemaker_metric_values WHERE component = ?"
_OF_COMPONENT = "SELECT * FROM sagemaker_metric_values WHERE component = ? ORDER BY time, number"


@dataclass(frozen=True, slots=True)
class MetricValue:
    """One value; `time` in seconds since the epoch, `step` where the client counts."""

    metric: str
    time: float
    step: int | None
    value: float


class MetricStore:
    """The values of all trial components.

    Parameters
    ----------
    database : Database
        The durable store; its schema includes `SCHEMA`.
    most : int
        How many values a component may have.
    """

    def __init__(self, database: Database, most: int = MOST) -> None:
        self._database = database
        self._most = most

    def transaction(self) -> AbstractContextManager[object]:
        """Make all that is read and written within the block one step."""
        return self._database.write()

    def add(self, component: str, values: Sequence[MetricValue]) -> int:
        """Keep values, as far as the component may have more; tells how many were kept, from the first on."""
        with self._database.write() as connection:
            latest = int(connection.execute(_LATEST, (component,)).fetchone()["number"])
            kept = values[: self._most - latest]
            rows = (
                (component, number, each.metric, each.time, each.step, each.value)
                for number, each in enumerate(kept, latest + 1)
            )
            connection.executemany("INSERT INTO sagemaker_metric_values VALUES (?, ?, ?, ?, ?, ?)", rows)
            return len(kept)

    def of(self, component: str) -> Mapping[str, Sequence[MetricValue]]:
        """Read a component's values by metric, the latest last."""
        found: dict[str, list[MetricValue]] = {}
        with self._database.read() as connection:
            for row in connection.execute(_OF_COMPONENT, (component,)):
                value = MetricValue(row["metric"], row["time"], row["step"], row["value"])
                found.setdefault(value.metric, []).append(value)
        return found

    def remove(self, component: str) -> None:
        """Forget a component's values."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM sagemaker_metric_values WHERE component = ?", (component,))
