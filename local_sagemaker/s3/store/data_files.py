"""The bytes of objects and parts, one immutable file each. A file gets its name only when all of it is on the medium;
whether it counts is for the database to say, so a file without a row is left over from an interrupted request.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from local_sagemaker.s3.store.checksums import Digests

_BLOCK = 1 << 18


class Readable(Protocol):
    """A source of bytes; `read` may return fewer than asked for, and returns none at the end."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """One stored file: its id, its size in bytes, and the digests that were asked for (md5 always)."""

    id: str
    size: int
    digests: Mapping[str, bytes]


class DataFiles:
    """A directory of data files."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._incoming = directory / "incoming"
        self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)

    def path(self, file_id: str) -> Path:
        """Return where a file lies."""
        return self._directory / file_id

    def receive(self, source: Readable, algorithms: Iterable[str] = ()) -> DataFile:
        """Store a stream; memory stays bounded by one block. When this returns, the file survives a power cut."""
        digests = Digests({"md5", *algorithms})
        size = 0

        def fill(file: BinaryIO) -> None:
            nonlocal size
            while block := source.read(_BLOCK):
                file.write(block)
                digests.update(block)
                size += len(block)

        file_id = self._stored(fill)
        return DataFile(file_id, size, digests.results())

    def concatenate(self, file_ids: Iterable[str]) -> str:
        """Store the bytes of several files, in order, as a new one and return its id."""

        def fill(file: BinaryIO) -> None:
            for file_id in file_ids:
                with self.path(file_id).open("rb") as part:
                    shutil.copyfileobj(part, file, _BLOCK)

        return self._stored(fill)

    def duplicate(self, path: Path) -> str:
        """Give the bytes of a data file, which never change, a second id at no cost."""
        file_id = uuid.uuid4().hex
        self.path(file_id).hardlink_to(path)
        self._sync_directory()
        return file_id

    def remove(self, file_ids: Iterable[str]) -> None:
        """Remove files that no row names any more. Who has one open can read it to the end."""
        for file_id in file_ids:
            self.path(file_id).unlink(missing_ok=True)

    def sweep(self, wanted: set[str]) -> set[str]:
        """Remove what interrupted requests left behind and return the wanted ids that have no file.

        Only for a start, when nothing is being stored.
        """
        for unfinished in self._incoming.iterdir():
            unfinished.unlink()
        there = {entry.name for entry in self._directory.iterdir() if entry.is_file()}
        self.remove(there - wanted)
        return wanted - there

    def _stored(self, fill: Callable[[BinaryIO], None]) -> str:
        file_id = uuid.uuid4().hex
        unfinished = self._incoming / file_id
        try:
            with unfinished.open("xb") as file:
                fill(file)
                file.flush()
                _reach_medium(file.fileno())
            unfinished.rename(self.path(file_id))
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        self._sync_directory()
        return file_id

    def _sync_directory(self) -> None:
        descriptor = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _reach_medium(descriptor: int) -> None:
    full = getattr(fcntl, "F_FULLFSYNC", None)  # macOS, where fsync leaves the bytes in the drive's cache
    if full is None:
        os.fsync(descriptor)
    else:
        fcntl.fcntl(descriptor, full)
