"""The folders of the two artefacts, packed as SageMaker packs those of a training job."""

from __future__ import annotations

import tarfile
from pathlib import Path


def pack(folder: Path, archive: Path) -> None:
    """Write a folder's content as a tar.gz, if there is any; it has its name when it is whole."""
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if not names:
        return
    archive.parent.mkdir(parents=True, exist_ok=True)
    unfinished = archive.with_name(f".{archive.name}")
    with tarfile.open(unfinished, "w:gz", compresslevel=6) as file:
        for name in names:
            file.add(folder / name, arcname=name)
    unfinished.replace(archive)
