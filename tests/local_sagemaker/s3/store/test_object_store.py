"""The store as the jobs use it, without a server."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from local_sagemaker.database import Database
from local_sagemaker.errors import AwsError
from local_sagemaker.s3.store import multipart, objects
from local_sagemaker.s3.store.multipart import MultipartUploads
from local_sagemaker.s3.store.objects import Attributes, ObjectStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ObjectStore]:
    with closing(Database(tmp_path / "state.sqlite", [objects.SCHEMA, multipart.SCHEMA])) as database:
        store = ObjectStore(database, tmp_path / "objects")
        store.create_bucket("bucket")
        yield store


def data_files(store: ObjectStore) -> list[Path]:
    return [path for path in store.files.path("x").parent.rglob("*") if path.is_file()]


def test_object_is_a_private_file_that_is_not_named_by_its_key(store: ObjectStore) -> None:
    info = store.put("bucket", "../../key", io.BytesIO(b"hello"), "text/plain", {"k": "v"})
    assert info == store.head("bucket", "../../key")
    assert (info.size, info.etag) == (5, "5d41402abc4b2a76b9719d911017c592")
    assert info.path.read_bytes() == b"hello"
    assert "key" not in str(info.path.name)
    with store.open("bucket", "../../key") as file:
        assert file.read() == b"hello"


def test_file_of_a_replaced_or_deleted_object_is_removed(store: ObjectStore) -> None:
    store.put("bucket", "key", io.BytesIO(b"one"))
    second = store.put("bucket", "key", io.BytesIO(b"two"))
    assert data_files(store) == [second.path]
    store.delete("bucket", "key")
    assert data_files(store) == []


def test_file_stays_when_the_deletion_is_undone(store: ObjectStore) -> None:
    store.put("bucket", "key", io.BytesIO(b"kept"))

    def delete_and_fail() -> None:
        with store.database.write():
            store.delete("bucket", "key")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        delete_and_fail()
    with store.open("bucket", "key") as file:
        assert file.read() == b"kept"


def test_source_that_fails_leaves_nothing(store: ObjectStore) -> None:
    class Broken:
        def read(self, size: int, /) -> bytes:
            raise OSError("unplugged")

    with pytest.raises(OSError, match="unplugged"):
        store.put("bucket", "key", Broken())
    assert data_files(store) == []
    with pytest.raises(AwsError, match="NoSuchKey"):
        store.head("bucket", "key")


def test_listing_goes_through_all_keys_in_order(store: ObjectStore) -> None:
    with store.database.write() as rows:
        for number in range(2500):
            attributes = '{"content_type": "", "metadata": {}}'
            values = ("bucket", f"p/{number:04d}".encode(), "file", 0, "etag", 0, attributes)
            rows.execute("INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    assert [info.key for info in store.list("bucket", "p/")] == [f"p/{number:04d}" for number in range(2500)]
    assert [info.key for info in store.list("bucket", "p/249")] == [f"p/249{number}" for number in range(10)]


def test_missing_bucket_is_named_by_a_listing(store: ObjectStore) -> None:
    with pytest.raises(AwsError, match="NoSuchBucket"):
        list(store.list("nothing"))


def test_start_sweeps_what_interrupted_requests_left(store: ObjectStore, caplog: pytest.LogCaptureFixture) -> None:
    uploads = MultipartUploads(store)
    kept = store.put("bucket", "kept", io.BytesIO(b"kept"))
    upload = uploads.create("bucket", "big", Attributes())
    part = uploads.add_part("bucket", "big", upload, 1, store.files.receive(io.BytesIO(b"part")), {})
    orphan = store.files.receive(io.BytesIO(b"renamed, but the server was killed before the row"))
    (kept.path.parent / "incoming" / "half").write_bytes(b"never renamed")
    lost = store.put("bucket", "lost", io.BytesIO(b"lost"))
    lost.path.unlink()
    uploads.sweep()
    assert {path.name for path in data_files(store)} == {kept.path.name, part.file}
    assert orphan.id not in {path.name for path in data_files(store)}
    assert lost.path.name in caplog.text
