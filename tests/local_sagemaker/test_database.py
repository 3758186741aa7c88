"""The durable store: transactions, versions, damage."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from local_sagemaker.database import FORMAT_VERSION, Database, UnusableState

SCHEMA = "CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL);"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path / "state.sqlite", [SCHEMA])) as database:
        yield database


def put(database: Database, name: str, value: int) -> None:
    with database.write() as rows:
        rows.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))


def value(database: Database, name: str) -> int | None:
    with database.read() as rows:
        row = rows.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return None if row is None else int(row["value"])


def test_what_was_written_is_there_after_reopening(tmp_path: Path, database: Database) -> None:
    put(database, "a", 1)
    database.close()
    with closing(Database(tmp_path / "state.sqlite", [SCHEMA])) as again:
        assert value(again, "a") == 1


def test_block_that_raises_leaves_no_trace(database: Database) -> None:
    def write_and_fail() -> None:
        with database.write() as rows:
            rows.execute("INSERT INTO facts VALUES ('a', 1)")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert value(database, "a") is None


def test_inner_block_joins_the_outer_one(database: Database) -> None:
    def write_within_and_fail() -> None:
        with database.write():
            put(database, "a", 1)
            assert value(database, "a") == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_within_and_fail()
    assert value(database, "a") is None


def test_reader_keeps_its_view_while_another_thread_writes(database: Database) -> None:
    put(database, "a", 1)
    with database.read() as rows:
        before = rows.execute("SELECT value FROM facts").fetchone()["value"]
        writer = threading.Thread(target=put, args=(database, "a", 2))
        writer.start()
        writer.join()
        after = rows.execute("SELECT value FROM facts").fetchone()["value"]
    assert (before, after) == (1, 1)
    assert value(database, "a") == 2


def test_writers_take_turns(database: Database) -> None:
    put(database, "a", 0)

    def increment() -> None:
        for _ in range(20):
            with database.write() as rows:
                now = rows.execute("SELECT value FROM facts WHERE name = 'a'").fetchone()["value"]
                rows.execute("UPDATE facts SET value = ?", (now + 1,))

    threads = [threading.Thread(target=increment) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert value(database, "a") == 160


def test_actions_after_commit_run_only_when_it_happens(database: Database) -> None:
    done: list[str] = []

    def fail() -> None:
        with database.write():
            database.after_commit(lambda: done.append("undone"))
            raise RuntimeError

    with database.write():
        database.after_commit(lambda: done.append("committed"))
        assert done == []
    with pytest.raises(RuntimeError):
        fail()
    assert done == ["committed"]


def test_file_is_private(tmp_path: Path, database: Database) -> None:
    put(database, "a", 1)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_newer_format_is_refused_and_kept(tmp_path: Path, database: Database) -> None:
    database.close()
    path = tmp_path / "state.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {FORMAT_VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(UnusableState, match=rf"format {FORMAT_VERSION + 1}.*newer version"):
        Database(path, [SCHEMA])
    assert path.read_bytes() == before


@pytest.mark.parametrize("place", [0, 4096 + 100])
def test_damaged_file_is_refused_and_kept(tmp_path: Path, database: Database, place: int) -> None:
    put(database, "a", 1)
    database.close()
    path = tmp_path / "state.sqlite"
    damaged = bytearray(path.read_bytes())
    damaged[place : place + 64] = b"\xff" * 64
    if place:
        damaged[4096:4196] = b"\xff" * 100
    path.write_bytes(damaged)
    with pytest.raises(UnusableState, match="is damaged"):
        Database(path, [SCHEMA])
    assert path.read_bytes() == bytes(damaged)
