"""Which files of a running job's folder go to S3, and when, without a server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.database import Database
from local_sagemaker.errors import AwsError
from local_sagemaker.s3.store import multipart, objects
from local_sagemaker.s3.store.data_files import Readable
from local_sagemaker.s3.store.objects import ObjectInfo, ObjectStore
from local_sagemaker.sagemaker.resources.s3_uris import S3Uri
from local_sagemaker.sagemaker.running.folder_uploads import FolderUpload, continuously
from tests.local_sagemaker.sagemaker.processes import until

BUCKET = "bucket"
PLACE = S3Uri(BUCKET, "place")


class Store(ObjectStore):
    """Counts what is put, and lets something happen before each time."""

    puts = 0
    before: Callable[[], object] = staticmethod(lambda: None)

    def put(self, bucket: str, key: str, source: Readable, *more: Any) -> ObjectInfo:
        self.before()
        self.puts += 1
        return super().put(bucket, key, source, *more)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Database(tmp_path / "state.sqlite", [objects.SCHEMA, multipart.SCHEMA])) as database:
        store = Store(database, tmp_path / "objects")
        store.create_bucket(BUCKET)
        yield store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    return folder


def stored(store: Store) -> dict[str, str]:
    found: dict[str, str] = {}
    for info in store.list(BUCKET):
        with store.open(BUCKET, info.key) as file:
            found[info.key.removeprefix("place/")] = file.read().decode()
    return found


def test_a_file_is_stored_once_it_is_the_same_in_two_looks(store: Store, folder: Path) -> None:
    upload = FolderUpload(store, folder, PLACE)
    (folder / "deep" / "a").write_text("1")
    upload.upload_settled()
    assert stored(store) == {}
    with (folder / "deep" / "a").open("a") as file:
        file.write("2")
    upload.upload_settled()
    assert stored(store) == {}, "it was written to since"
    upload.upload_settled()
    upload.upload_settled()
    assert (stored(store), store.puts) == ({"deep/a": "12"}, 1)


def test_a_file_that_takes_another_ones_place_is_stored_though_size_and_time_are_the_same(
    store: Store, folder: Path
) -> None:
    upload = FolderUpload(store, folder, PLACE)
    (folder / "a").write_text("1")
    os.utime(folder / "a", ns=(0, 0))
    upload.upload_all()
    (folder / "b").write_text("2")
    os.utime(folder / "b", ns=(0, 0))
    (folder / "b").replace(folder / "a")
    upload.upload_settled()
    upload.upload_settled()
    assert stored(store) == {"a": "2"}


@pytest.mark.parametrize("replaced", [True, False])
def test_a_file_that_changes_while_it_is_read_is_not_stored(store: Store, folder: Path, replaced: bool) -> None:
    upload = FolderUpload(store, folder, PLACE)
    (folder / "a").write_text("old")
    upload.upload_settled()

    def change() -> None:
        store.before = lambda: None
        target = folder / ("unfinished" if replaced else "a")
        target.write_text("new")
        target.replace(folder / "a")

    store.before = change
    upload.upload_settled()
    assert stored(store) == {}
    assert not [path for path in store.files.path("x").parent.rglob("*") if path.is_file()], "nothing is left of it"
    upload.upload_settled()
    upload.upload_settled()
    assert stored(store) == {"a": "new"}


def test_what_came_from_the_place_is_not_stored_again(store: Store, folder: Path) -> None:
    (folder / "a").write_text("1")
    upload = FolderUpload(store, folder, PLACE, mirrored=True)
    upload.upload_settled()
    upload.upload_all()
    assert store.puts == 0


@pytest.mark.parametrize(("mirrored", "left"), [(True, {"other": ""}), (False, {"a": "1", "b": "1", "other": ""})])
def test_an_object_goes_with_its_file_where_the_place_mirrors_the_folder(
    store: Store, folder: Path, mirrored: bool, left: dict[str, str]
) -> None:
    for name in ("a", "b"):
        (folder / name).write_text("1")
        store.put_file(BUCKET, f"place/{name}", folder / name)
    store.put_file(BUCKET, "place/other", Path(os.devnull))
    upload = FolderUpload(store, folder, PLACE, mirrored=mirrored)
    upload.upload_settled()
    (folder / "a").unlink()
    upload.upload_settled()
    assert "a" in stored(store), "it may come back at once"
    upload.upload_settled()
    (folder / "b").unlink()
    upload.upload_all()
    assert stored(store) == left


def test_a_folder_that_cannot_be_read_is_not_taken_for_empty(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a").write_text("1")
    store.put_file(BUCKET, "place/a", folder / "a")
    upload = FolderUpload(store, folder, PLACE, mirrored=True)

    def refuse(path: object) -> None:
        raise PermissionError(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refuse)
        with pytest.raises(PermissionError):
            upload.upload_settled()
        with pytest.raises(PermissionError):
            upload.upload_all()
    assert stored(store) == {"a": "1"}


def test_links_do_not_go_up(store: Store, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("1")
    (folder / "file").symlink_to(tmp_path / "outside" / "secret")
    (folder / "directory").symlink_to(tmp_path / "outside")
    FolderUpload(store, folder, PLACE).upload_all()
    assert stored(store) == {}


def test_what_cannot_be_stored_keeps_nothing_else_back(store: Store, folder: Path) -> None:
    for name in ("a", "too-long", "z"):
        (folder / name).write_text("1")
    upload = FolderUpload(store, folder, S3Uri(BUCKET, "x" * 1021))
    with pytest.raises(AwsError) as caught:
        upload.upload_all()
    assert caught.value.code == "KeyTooLongError"
    assert [info.key[-2:] for info in store.list(BUCKET)] == ["/a", "/z"]


def test_files_go_up_while_the_block_runs_and_what_is_left_at_its_end_even_after_an_error(
    store: Store, folder: Path
) -> None:
    def run() -> None:
        with continuously([FolderUpload(store, folder, PLACE)]):
            (folder / "a").write_text("1")
            until(lambda: stored(store) == {"a": "1"})
            (folder / "b").write_text("2")
            raise KeyError

    with pytest.raises(KeyError):
        run()
    assert stored(store) == {"a": "1", "b": "2"}


def test_what_cannot_be_stored_is_said_at_the_end(store: Store, folder: Path) -> None:
    def run() -> None:
        with continuously([FolderUpload(store, folder, PLACE)]):
            store.delete_bucket(BUCKET)
            (folder / "a").write_text("1")
            until(lambda: store.puts > 1)

    with pytest.raises(AwsError, match="does not exist"):
        run()
