"""A model artefact with other code: the same weights, today's source folder, a manifest that says so."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

from pipeline.artefacts.source_code import digest, digests, files
from pipeline.errors import PipelineError


def repack(artefact: Path, destination: Path, folder: Path, recorded: str | None = None) -> bytes:
    """Write `artefact` again with the code of `folder`; returns the bytes of the new manifest.json.

    Parameters
    ----------
    artefact : Path
        What training wrote.
    destination : Path
        Where the new one goes.
    folder : Path
        The code.
    recorded : str, optional
        The sha256 of the artefact's manifest.json as the run records it. A new manifest vouches for what the old one
        named, so another one is not taken over.

    Raises
    ------
    PipelineError
        If the artefact holds no manifest or another one than is recorded, or a member that is neither a plain file nor
        a directory.
    """
    manifest: dict[str, Any] | None = None
    with tarfile.open(artefact) as source, tarfile.open(destination, "w:gz") as target:
        for member in source:
            name = member.name.removeprefix("./")
            if not (member.isfile() or member.isdir()):
                raise PipelineError(
                    f"{artefact.name}: {name} is neither a file nor a directory; the artefact is not one of ours."
                )
            content = source.extractfile(member)
            if content is None or name.startswith("code/"):
                continue
            if name == "manifest.json":
                manifest = _manifest(content.read(), recorded, artefact.name)
                continue
            target.addfile(member, content)
        if manifest is None:
            raise PipelineError(
                f"{artefact.name} holds no manifest.json: it was not made by this project's training scripts."
            )
        by_path = digests(folder)
        manifest["code"] = {"sha256": digest(by_path), "files": by_path}
        for path in files(folder):
            _add(target, f"code/{path.relative_to(folder).as_posix()}", path.read_bytes())
        content_of_manifest = json.dumps(manifest, indent=2).encode()
        _add(target, "manifest.json", content_of_manifest)
    return content_of_manifest


def _manifest(content: bytes, recorded: str | None, name: str) -> dict[str, Any]:
    found = hashlib.sha256(content).hexdigest()
    if recorded is not None and found != recorded:
        raise PipelineError(
            f"{name}: manifest.json was changed after training: its sha256 is {found}, the run records {recorded}. "
            f"Train again, or restore the model.tar.gz that training wrote."
        )
    manifest: dict[str, Any] = json.loads(content)
    return manifest


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o644
    archive.addfile(member, io.BytesIO(content))
