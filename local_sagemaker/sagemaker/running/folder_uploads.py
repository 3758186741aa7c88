"""Folders of a running job whose files go to S3: at its end, or while they are written."""

from __future__ import annotations

import logging
import os
import stat
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from local_sagemaker.errors import AwsError
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.resources.s3_uris import S3Uri

_log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.5
_LONGEST_PAUSE = 30.0
_PAUSE_PER_LOOK = 10.0
"""A folder that takes long to look at, or to store, is looked at less often: the processors are the job's."""

State = tuple[int, int, int, int]
"""What changes when a file is written to, or another takes its place."""


class FolderUpload:
    """A folder and its place in S3. Links are not followed, and do not go up.

    Parameters
    ----------
    objects : ObjectStore
        S3.
    folder : Path
        It may come later.
    place : S3Uri
        Below it lie the objects, by their files' names.
    mirrored : bool
        Whether what is in the folder now came from that place, and an object goes when its file is deleted. Objects
        that never were a file here stay.
    """

    def __init__(self, objects: ObjectStore, folder: Path, place: S3Uri, *, mirrored: bool = False) -> None:
        self._objects = objects
        self._folder = folder
        self._place = place
        self._mirrored = mirrored
        self._stored = _states(folder) if mirrored else {}
        self._seen: Mapping[str, State] = dict(self._stored)

    def upload_settled(self) -> None:
        """Store what has not changed since the last look, and delete what was not there in the last one either.

        Raises
        ------
        AwsError, OSError, ValueError
            If anything could not be stored; all else is.
        """
        before, self._seen = self._seen, _states(self._folder)
        self._upload({name: state for name, state in self._seen.items() if before.get(name) == state}, settled=True)
        self._delete([name for name in self._stored if name not in self._seen and name not in before])

    def upload_all(self) -> None:
        """Store all that is there, when nobody writes any more.

        Raises
        ------
        AwsError, OSError, ValueError
            If anything could not be stored; all else is.
        """
        self._seen = _states(self._folder)
        self._upload(self._seen, settled=False)
        self._delete([name for name in self._stored if name not in self._seen])

    def _upload(self, states: Mapping[str, State], settled: bool) -> None:
        failed: Exception | None = None
        for name, state in states.items():
            if self._stored.get(name) != state:
                try:
                    self._store(name, state, settled)
                except (AwsError, OSError, ValueError) as error:  # of these a name that is not UTF-8
                    failed = failed or error
        if failed:
            raise failed

    def _store(self, name: str, state: State, settled: bool) -> None:
        target = self._place / name
        try:
            with (self._folder / name).open("rb") as file:
                self._objects.put(target.bucket, target.key, _Settled(file, state) if settled else file)
        except (FileNotFoundError, _Changed):
            return  # it is looked at again
        self._stored[name] = state

    def _delete(self, names: Sequence[str]) -> None:
        for name in names:
            if self._mirrored:
                target = self._place / name
                self._objects.delete(target.bucket, target.key)
            del self._stored[name]


@contextmanager
def continuously(uploads: Sequence[FolderUpload]) -> Iterator[None]:
    """Upload, while the block runs, what is written in folders as soon as it has not changed for a while.

    What is left is uploaded at the end of the block, however it ends.

    Raises
    ------
    AwsError, OSError, ValueError
        At the end, if anything could not be stored.
    """
    if not uploads:
        yield
        return
    ended = threading.Event()
    thread = threading.Thread(target=_until, args=(ended, uploads), name="continuous upload", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        for upload in uploads:
            upload.upload_all()


def _until(ended: threading.Event, uploads: Sequence[FolderUpload]) -> None:
    pause = _LOOK_SECONDS
    while not ended.wait(pause):
        began = time.monotonic()
        for upload in uploads:
            try:
                upload.upload_settled()
            except Exception:  # it is tried again, at the latest at the end, where it is said
                _log.debug("continuous upload", exc_info=True)
        pause = min(max(_LOOK_SECONDS, _PAUSE_PER_LOOK * (time.monotonic() - began)), _LONGEST_PAUSE)


class _Changed(Exception):
    """A file was written to, or replaced, while it was read."""


class _Settled:
    """A file that is read as it was seen, or not at all."""

    def __init__(self, file: BinaryIO, state: State) -> None:
        self._file = file
        self._state = state

    def read(self, size: int, /) -> bytes:
        """Read on; the end is only given if the file is still the same.

        Raises
        ------
        _Changed
            If it is not.
        """
        block = self._file.read(size)
        if not block and _state(os.fstat(self._file.fileno())) != self._state:
            raise _Changed
        return block


def _states(folder: Path) -> dict[str, State]:
    """Look at the regular files of a folder, by their names in S3, in order.

    Raises
    ------
    OSError
        If a folder cannot be read: its files are not to be taken for deleted.
    """
    root = str(folder)
    found: dict[str, State] = {}
    for directory, _, names in os.walk(root, onerror=_refuse):
        for path in (os.path.join(directory, name) for name in names):  # noqa: PTH118  # no Path for each of thousands
            try:
                facts = os.lstat(path)
            except FileNotFoundError:
                continue
            if stat.S_ISREG(facts.st_mode):
                found[path[len(root) + 1 :]] = _state(facts)
    return dict(sorted(found.items()))


def _refuse(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def _state(facts: os.stat_result) -> State:
    return facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns
