"""Links between resources: one points to another, with a type. Trials have components, artifacts have ancestors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from local_sagemaker.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS sagemaker_links (
    of TEXT NOT NULL,
    source TEXT NOT NULL,
    destination TEXT NOT NULL,
    type TEXT,
    created REAL NOT NULL,
    PRIMARY KEY (of, source, destination)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sagemaker_links_back ON sagemaker_links (of, destination);
"""


_OF_SORT = "SELECT * FROM sagemaker_links WHERE of = ?"


@dataclass(frozen=True, slots=True)
class Link:
    """One link."""

    source: str
    destination: str
    type: str | None
    created: datetime


class Links:
    """The links of one sort.

    Parameters
    ----------
    database : Database
        The durable store; its schema includes `SCHEMA`.
    of : str
        Tells the sort.
    """

    def __init__(self, database: Database, of: str) -> None:
        self._database = database
        self._of = of

    def add(self, source: str, destination: str, type_: str | None = None) -> None:
        """Link two resources; a link that is there gets the type."""
        now = datetime.now(UTC).timestamp()
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO sagemaker_links VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (of, source, destination) DO UPDATE SET type = excluded.type",
                (self._of, source, destination, type_, now),
            )

    def remove(self, source: str, destination: str) -> bool:
        """Remove a link; False if it was not there."""
        with self._database.write() as connection:
            sql = "DELETE FROM sagemaker_links WHERE of = ? AND source = ? AND destination = ?"
            return connection.execute(sql, (self._of, source, destination)).rowcount == 1

    def from_(self, source: str) -> Sequence[Link]:
        """List the links from a resource."""
        return self._where("source = ?", source)

    def to(self, destination: str) -> Sequence[Link]:
        """List the links to a resource."""
        return self._where("destination = ?", destination)

    def all(self) -> Sequence[Link]:
        """List all links, oldest first."""
        return self._where("? = ''", "")

    def _where(self, condition: str, value: str) -> Sequence[Link]:
        sql = f"{_OF_SORT} AND {condition} ORDER BY created, source, destination"
        with self._database.read() as connection:
            rows = connection.execute(sql, (self._of, value)).fetchall()
        return [
            Link(row["source"], row["destination"], row["type"], datetime.fromtimestamp(row["created"], UTC))
            for row in rows
        ]
