"""The two container source folders: their digest, their tarball, and how they differ from the code in a model
artefact.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path

from pipeline.errors import BadInput

CHECKOUT = Path(__file__).resolve().parents[2]


class Container(StrEnum):
    """The two containers, in the order in which a request passes them."""

    PREPROCESSOR = "preprocessor"
    CLASSIFIER = "classifier"

    @property
    def folder(self) -> Path:
        """Its source folder in this checkout."""
        return CHECKOUT / f"{self}_container"


def files(folder: Path) -> Iterator[Path]:
    """Yield the files that ship: all but caches and hidden ones, in the order of their paths.

    Raises
    ------
    BadInput
        If there is a link among them: a tarball of links would not be the code that was tested.
    """
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
        parts = path.relative_to(folder).parts
        if any(part.startswith(".") or part == "__pycache__" for part in parts) or path.suffix == ".pyc":
            continue
        if path.is_symlink():
            raise BadInput(f"{path}: a link; a source folder ships only plain files. Put the file itself there.")
        if path.is_file():
            yield path


def digests(folder: Path) -> dict[str, str]:
    """Return each shipped file's sha256 by its path below `folder`."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files(folder)
    }


def digest(by_path: Mapping[str, str]) -> str:
    """Return the digest of a whole folder, as the manifest holds it."""
    lines = "".join(f"{sha256}  {path}\n" for path, sha256 in sorted(by_path.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """Return the paths that only one side has, or that differ."""
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))


def tarball(folder: Path) -> bytes:
    """Return `folder` as a `sourcedir.tar.gz`, the same bytes for the same files."""
    import gzip

    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, filename="") as zipped,
        tarfile.open(fileobj=zipped, mode="w") as archive,
    ):
        for path in files(folder):
            content = path.read_bytes()
            member = tarfile.TarInfo(path.relative_to(folder).as_posix())
            member.size, member.mode = len(content), 0o644
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
