"""The folders of the two artefacts, packed as SageMaker packs those of a training job."""

from __future__ import annotations

import shutil
import sys
import tarfile
import tempfile
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Unpacked:
    """Both artefacts on this machine."""

    folders: dict[str, Path]
    archives: list[Path]
    """Their code, as Python imports it from an archive on the executors."""


def unpack_models(inputs: Path) -> Unpacked:
    """Unpack both artefacts, each from a folder of its name, and put their code first on the path."""
    root = Path(tempfile.mkdtemp())
    folders, archives = {}, []
    for name in ("preprocessor", "classifier"):
        folders[name] = root / name
        with tarfile.open(inputs / name / "model.tar.gz") as archive:
            archive.extractall(folders[name], filter="data")
        sys.path.insert(0, str(folders[name] / "code"))
        archives.append(Path(shutil.make_archive(str(root / f"{name}_code"), "zip", folders[name] / "code")))
    return Unpacked(folders, archives)
