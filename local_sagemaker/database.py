"""The durable store under everything: one SQLite file whose commits survive the end of the process and of the power."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

FORMAT_VERSION = 1
"""Of the whole state directory; goes up when an older program could not read what this one writes."""

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",  # macOS: fsync alone does not reach the medium there
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 30000",
)


class UnusableState(Exception):
    """The store was written by a newer program or is damaged; it is left as it is."""


class Database:
    """One SQLite file in WAL mode. Readers never wait; writers take turns.

    Connections are pooled and not bound to a thread, so that threads may come and go without leaking files.

    Parameters
    ----------
    path : Path
        The file; created, with mode 0600, when it is not there.
    schemas : sequence of str
        Scripts of `CREATE … IF NOT EXISTS` statements.

    Raises
    ------
    UnusableState
        If the file has a newer format or is damaged.
    """

    def __init__(self, path: Path, schemas: Sequence[str]) -> None:
        self._path = path
        self._idle: deque[sqlite3.Connection] = deque()
        self._write_turn = threading.Lock()
        self._own = threading.local()
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        try:
            self._prepare(schemas)
        except sqlite3.OperationalError as error:
            self.close()
            raise UnusableState(f"{path} cannot be used: {error}.") from error
        except sqlite3.DatabaseError as error:
            self.close()
            raise UnusableState(_damaged(path, str(error))) from error
        except UnusableState:
            self.close()
            raise

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection that sees one consistent state for the whole block.

        Within this thread's own `write` block it is that block's connection, and sees what the block wrote.
        """
        writer = getattr(self._own, "writer", None)
        if writer is not None:
            yield writer
            return
        with self._borrowed() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Lend the one writing connection; what the block wrote is durable when it ends, or undone when it raises.

        A block within a block of the same thread joins the outer one.
        """
        writer = getattr(self._own, "writer", None)
        if writer is not None:
            yield writer
            return
        with self._write_turn, self._borrowed() as connection:
            connection.execute("BEGIN IMMEDIATE")
            self._own.writer, self._own.after_commit = connection, []
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # SQLite has undone it already when the disk is full
                    connection.execute("ROLLBACK")
                raise
            finally:
                self._own.writer = None
        for action in self._own.after_commit:
            action()

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run an action that cannot be undone when this thread's write block has been committed; not if it raises."""
        if getattr(self._own, "writer", None) is None:
            raise RuntimeError("there is no write block in this thread")
        self._own.after_commit.append(action)

    def close(self) -> None:
        """Close all idle connections; the last one folds the write-ahead log into the file."""
        while self._idle:
            self._idle.pop().close()

    def _prepare(self, schemas: Sequence[str]) -> None:
        with self._borrowed() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > FORMAT_VERSION:
                raise UnusableState(
                    f"{self._path} has format {version}, and this program knows formats up to {FORMAT_VERSION}: it was "
                    f"written by a newer version. Use that one, or name another directory in SAGEMAKER_LOCAL_STATE."
                )
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if verdict != "ok":
                raise UnusableState(_damaged(self._path, verdict))
            script = "\n".join(schemas)
            connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {FORMAT_VERSION};\nCOMMIT;")

    @contextmanager
    def _borrowed(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            yield connection
        finally:
            self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        try:
            for pragma in _PRAGMAS:
                connection.execute(pragma)
        except BaseException:
            connection.close()
            raise
        return connection


def _damaged(path: Path, what: str) -> str:
    return (
        f"{path} is damaged ({what}) and was left as it is. Move its directory away to start with an empty one, or "
        f"name another in SAGEMAKER_LOCAL_STATE."
    )
