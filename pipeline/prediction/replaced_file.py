"""A file that takes its place only when all of it is written."""

from __future__ import annotations

import fcntl
import glob
import gzip
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TextIO, cast

from pipeline.errors import BadInput


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """Open a file that takes the place of `path` only when everything was written; its name is its own, as two commands
    may write to one place. Only what goes wrong with this file is said of it.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    with _explained(path):
        _delete_left_over(path)
        file = _open_new(part, is_gzipped=path.suffix.lower() == ".gz")
    try:
        try:
            yield cast("TextIO", _Explaining(file, path))
        finally:
            with _explained(path):
                file.close()
        with _explained(path):
            _sync(part)
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _open_new(path: Path, is_gzipped: bool) -> IO[str]:
    if is_gzipped:
        return _locked(gzip.open(path, "xt", encoding="utf-8", newline=""))
    return _locked(path.open("x", encoding="utf-8", newline=""))


def _locked(file: IO[str]) -> IO[str]:
    """Lock a new file: a lock ends with its process, however that ends."""
    fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    return file


def _delete_left_over(path: Path) -> None:
    """Delete the files of commands that were to take the place of `path` and were killed: nobody has them locked."""
    for part in path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 8}.part"):
        with suppress(FileNotFoundError, BlockingIOError), part.open("rb") as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


class _Explaining:
    """A file being written to, which says what went wrong with it."""

    def __init__(self, file: IO[str], path: Path) -> None:
        self._file, self._path = file, path

    def write(self, text: str) -> int:
        try:  # a row each: `_explained` would take longer than to write it
            return self._file.write(text)
        except OSError as error:
            raise _not_written(self._path, error) from error


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _not_written(path, error) from error


def _not_written(path: Path, error: OSError) -> BadInput:
    return BadInput(f"{path} cannot be written: {error.strerror}.")
