"""Tar archives in and out: `model.tar.gz`, `output.tar.gz` and `sourcedir.tar.gz`."""

from __future__ import annotations

import gzip
import shutil
import stat
import tarfile
import zlib
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, cast

from local_sagemaker.containers.errors import ContainerFailed

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

_COMPRESSION = 0
"""None: arrays shrink to half at best, and a training job would wait for that, and each start of a container again."""

_GZIP = b"\x1f\x8b"
"""How a gzip file begins."""

_UNREADABLE = (tarfile.TarError, EOFError, OSError, ValueError, zlib.error)
_SHARE_OF_DISK = 0.9
"""Of what is free, one archive may take so much."""

_BLOCK = 1 << 20
_LARGEST_HEADER = 16 << 20


def extract(archive: Path, directory: Path) -> None:
    """Unpack a tar.gz archive of directories and regular files into `directory`.

    Owners and times are not kept; files become 0600, or 0700 where the archive says executable.

    Raises
    ------
    ContainerFailed
        If a member would land outside `directory`, is a link, a device or a sparse file, or does not fit the disk, and
        if it is not gzip or cannot be read to its end; the message names archive and member.
    """
    if not is_gzip(archive):
        raise ContainerFailed(f"{archive.name} cannot be unpacked: it is not a valid tar.gz archive")
    directory.mkdir(parents=True, exist_ok=True)
    room = int(shutil.disk_usage(directory).free * _SHARE_OF_DISK)
    try:
        with (
            gzip.open(archive) as content,
            tarfile.open(fileobj=cast("BinaryIO", _Metered(cast("IO[bytes]", content))), mode="r:") as members,
        ):
            for member in members:
                room -= member.size
                if room < 0:
                    raise ContainerFailed(f"{archive.name}: unpacked, it would fill the disk ({member.name})")
                _extract_member(members, member, directory, archive.name)
            while content.read(_BLOCK):  # a compressed file's checksum stands at its end
                pass
    except _UNREADABLE as error:
        reason = str(error).partition("\n")[0]
        raise ContainerFailed(f"{archive.name} cannot be unpacked: {reason}") from error


def is_gzip(archive: Path) -> bool:
    """Tell by its beginning if a file is compressed with gzip, the one compression that SageMaker unpacks."""
    with archive.open("rb") as file:
        return file.read(len(_GZIP)) == _GZIP


class _Metered:
    """A stream that nobody reads much of in one go: `tarfile` takes a member's name and attributes into memory, however
    long they say that they are, at once or, in later Pythons, piece by piece. It seeks before it reads anything else.
    """

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self._in_one_go = 0
        self.tell = content.tell

    def seek(self, position: int) -> int:
        self._in_one_go = 0
        return self._content.seek(position)

    def read(self, size: int) -> bytes:
        self._in_one_go += size
        if size < 0 or self._in_one_go > _LARGEST_HEADER:
            raise tarfile.ReadError(f"a header is not of 0 to {_LARGEST_HEADER} bytes")
        return self._content.read(size)


def _extract_member(archive: tarfile.TarFile, member: tarfile.TarInfo, directory: Path, name: str) -> None:
    path = directory / _safe_path(member.name, name)
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
        return
    source = archive.extractfile(member) if member.isreg() and not member.issparse() else None
    if source is None:
        raise ContainerFailed(f"{name}: {member.name} is a {_kind(member)}; only files and directories are unpacked")
    path.parent.mkdir(parents=True, exist_ok=True)
    with source, path.open("wb") as target:
        shutil.copyfileobj(source, target, _BLOCK)
    path.chmod(0o700 if member.mode & stat.S_IXUSR else 0o600)


def _safe_path(member: str, archive: str) -> PurePosixPath:
    path = PurePosixPath(member)
    if path.is_absolute() or ".." in path.parts:
        raise ContainerFailed(f"{archive}: {member} leads out of the archive's directory")
    return path


def _kind(member: tarfile.TarInfo) -> str:
    if member.issym():
        return "symbolic link"
    if member.islnk():
        return "hard link"
    if member.issparse():
        return "sparse file"
    return "device or another special file"


def pack(directory: Path, archive: Path) -> None:
    """Write a directory's content as a `.tar.gz` whose bytes depend on names, content and executability only.

    Raises
    ------
    ContainerFailed
        If there is something other than files and directories, or something cannot be read; links to files are packed
        as the files.
    """
    try:
        with (
            archive.open("wb") as raw,
            gzip.GzipFile("", "wb", _COMPRESSION, raw, mtime=0) as compressed,
            tarfile.open(fileobj=cast("BinaryIO", compressed), mode="w", dereference=True) as members,
        ):
            for path in sorted(directory.rglob("*")):
                _add(members, path, path.relative_to(directory).as_posix())
    except OSError as error:
        raise ContainerFailed(f"{archive.name} cannot be written: {error}") from error


def _add(archive: tarfile.TarFile, path: Path, name: str) -> None:
    member = archive.gettarinfo(path, name)
    if member is None or not (member.isreg() or (member.isdir() and not path.is_symlink())):
        raise ContainerFailed(f"{path} is neither a file nor a directory and cannot be packed")
    member.mode = 0o755 if member.isdir() or member.mode & stat.S_IXUSR else 0o644
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    if member.isdir():
        archive.addfile(member)
        return
    with path.open("rb") as content:
        archive.addfile(member, content)
