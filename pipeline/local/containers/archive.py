"""Tar archives in and out: `model.tar.gz`, `output.tar.gz` and `sourcedir.tar.gz`."""

from __future__ import annotations

import gzip
import shutil
import stat
import tarfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, cast

from pipeline.local.containers.errors import ContainerFailed

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

COMPRESSION = 1
"""Arrays hardly shrink further at higher levels, and a training job waits for this."""


def extract(archive: Path, directory: Path) -> None:
    """Unpack an archive of directories and regular files into `directory`.

    Owners and times are not kept; files become 0600, or 0700 where the archive says executable.

    Raises
    ------
    ContainerFailed
        If a member would land outside `directory` or is a link or a device, and if the archive cannot be read;
        the message names archive and member.
    """
    directory.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r:*") as members:
            for member in members:
                _extract_member(members, member, directory, archive.name)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ContainerFailed(f"{archive.name} cannot be unpacked: {error}") from error


def _extract_member(archive: tarfile.TarFile, member: tarfile.TarInfo, directory: Path, name: str) -> None:
    path = directory / _safe_path(member.name, name)
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
        return
    source = archive.extractfile(member) if member.isreg() else None
    if source is None:
        raise ContainerFailed(f"{name}: {member.name} is a {_kind(member)}; only files and directories are unpacked")
    path.parent.mkdir(parents=True, exist_ok=True)
    with source, path.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
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
            gzip.GzipFile("", "wb", COMPRESSION, raw, mtime=0) as compressed,
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
