"""A model artefact with other code: the same weights, today's source folder, a manifest that says so."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError
from pipeline.source_code import digest, digests, files


def repack(artefact: Path, destination: Path, folder: Path) -> bytes:
    """Write `artefact` again with the code of `folder`; returns the bytes of the new manifest.json.

    Raises
    ------
    PipelineError
        If the artefact holds no manifest, or a member that is neither a plain file nor a directory.
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
                manifest = json.load(content)
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


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o644
    archive.addfile(member, io.BytesIO(content))
