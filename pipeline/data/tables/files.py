"""Which files an input stands for, wherever they lie."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path, PurePath

from pipeline.errors import BadInput

_ENDINGS = (".csv", ".tsv", ".tab", ".txt", ".parquet", ".pq")


class InputFile(ABC):
    """A file of an input. `name` is what messages call it, `size` its bytes."""

    name: str
    size: int

    @abstractmethod
    def fingerprint(self) -> str:
        """Return what changes when the file's content does."""

    @abstractmethod
    def here(self) -> AbstractContextManager[Path]:
        """Have the file on this machine for a while."""


Find = Callable[[str], Sequence[InputFile]]
"""Finds the files that the user named with one `--input`."""


class LocalFile(InputFile):
    """A file on this machine."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self.path = path
        self.size = path.stat().st_size if path.is_file() else 0

    def fingerprint(self) -> str:
        if not self.path.is_file():
            return ""  # whoever reads it will say what is wrong
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @contextmanager
    def here(self) -> Iterator[Path]:
        yield self.path


def local_files(given: str) -> list[LocalFile]:
    """Find a file, or the tables in a folder and below it, in the order of their names.

    Raises
    ------
    BadInput
        If it is a folder without a table.
    """
    path = Path(given)
    if not path.is_dir():
        return [LocalFile(path)]
    names = sorted(file.relative_to(path) for file in path.rglob("*") if file.is_file())
    found = [LocalFile(path / name) for name in names if is_table(name)]
    if not found:
        raise no_table(given)
    return found


def is_table(name: PurePath) -> bool:
    """Tell by its ending whether a file is meant as data; what begins with `_` or `.` is some program's own."""
    if any(part.startswith(("_", ".")) for part in name.parts):
        return False
    return name.name.lower().removesuffix(".gz").endswith(_ENDINGS)


def no_table(given: str) -> BadInput:
    """Say that a folder holds nothing to read."""
    return BadInput(f"{given}: there is no file in it that ends in {', '.join(_ENDINGS)}, or in these and .gz.")
