"""Tar archives in and out: model.tar.gz and sourcedir.tar.gz."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def extract(archive: Path, directory: Path) -> None:
    """Unpack `archive` into `directory`; raises ContainerFailed naming a member that escapes, links or is a device."""
    raise NotImplementedError


def pack(directory: Path, archive: Path) -> None:
    """Write a directory's content as a deterministic `.tar.gz`."""
    raise NotImplementedError
