"""Opening `model.joblib`, the fitted scikit-learn estimators: the one place where something is unpickled, and only for
a command that a person runs.

A pickle is code, and so are the modules in `code/` that it may need. So everything is first held to the run's record,
as a serving container holds its files to it: the manifest to the digest that training recorded, the files to the
manifest.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.artefacts.runs import Artefact, Run
from pipeline.artefacts.source_code import Container
from pipeline.aws.session import Session
from pipeline.aws.storage import Location, download
from pipeline.errors import PipelineError

_ESTIMATOR = "model.joblib"
_REMEDY = "Train again, or restore the model.tar.gz that training wrote."


def open_estimators(session: Session, run: Run) -> dict[Container, Any]:
    """Open both fitted estimators of a run.

    Raises
    ------
    PipelineError
        See `load_estimator`.
    """
    opened = {}
    with tempfile.TemporaryDirectory() as directory:
        for container in Container:
            artefact = run.artefacts[container]
            archive = Path(directory) / f"{container}.tar.gz"
            download(session.s3, Location.parse(artefact.uri), archive)
            opened[container] = load_estimator(artefact, archive)
    return opened


def load_estimator(artefact: Artefact, archive: Path) -> Any:
    """Unpickle the estimator of an artefact, after the checks.

    Parameters
    ----------
    artefact : Artefact
        The run's record of it.
    archive : Path
        The `model.tar.gz`.

    Raises
    ------
    PipelineError
        If the archive is not the one that training wrote, or another version of scikit-learn wrote the estimator; the
        message says what to do.
    """
    files = _contents(archive)
    manifest = _trusted_manifest(artefact, files)
    _check(files, {_ESTIMATOR: manifest["files"][_ESTIMATOR]["sha256"]})
    code = {f"code/{name}": digest for name, digest in manifest["code"]["files"].items()}
    _check(files, code)
    _check_version(manifest["libraries"]["scikit-learn"])
    return _unpickled(files[_ESTIMATOR], {name.removeprefix("code/"): files[name] for name in code})


def _contents(archive: Path) -> Mapping[str, bytes]:
    """Read the plain files of an archive; nothing is written anywhere."""
    try:
        with tarfile.open(archive) as members:
            return dict(_plain_files(members))
    except (tarfile.TarError, EOFError, OSError) as error:
        raise PipelineError(f"{archive.name} cannot be read: {error}. {_REMEDY}") from error


def _plain_files(members: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    for member in members:
        name = member.name.removeprefix("./")
        if (name in (_ESTIMATOR, "manifest.json") or name.startswith("code/")) and member.isreg():
            content = members.extractfile(member)
            assert content is not None
            yield name, content.read()


def _trusted_manifest(artefact: Artefact, files: Mapping[str, bytes]) -> Mapping[str, Any]:
    if artefact.manifest_sha256 is None:
        raise PipelineError(f"The run records no digest of {artefact.uri}, so nothing vouches for it. Train again.")
    _check(files, {"manifest.json": artefact.manifest_sha256})
    manifest: Mapping[str, Any] = json.loads(files["manifest.json"])
    return manifest


def _check(files: Mapping[str, bytes], expected: Mapping[str, str]) -> None:
    for name, digest in expected.items():
        if name not in files:
            raise PipelineError(f"{name} is not in the model artefact. {_REMEDY}")
        found = hashlib.sha256(files[name]).hexdigest()
        if found != digest:
            raise PipelineError(f"{name} was changed: its sha256 is {found}, recorded is {digest}. {_REMEDY}")


def _check_version(written_by: str) -> None:
    installed = version("scikit-learn")
    if written_by != installed:
        raise PipelineError(
            f"{_ESTIMATOR} was written by scikit-learn {written_by}; {installed} is installed here and may read it "
            f"wrongly. Use an environment with scikit-learn=={written_by}, or train again; serving needs neither."
        )


def _unpickled(pickle: bytes, code: Mapping[str, bytes]) -> Any:
    """Unpickle, with the modules that the estimator's classes live in at hand."""
    import joblib

    with tempfile.TemporaryDirectory() as directory:
        for name, content in code.items():
            path = Path(directory) / _within(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        sys.path.insert(0, directory)
        try:
            return joblib.load(io.BytesIO(pickle))
        finally:
            sys.path.remove(directory)


def _within(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise PipelineError(f"code/{name} leads out of the artefact. {_REMEDY}")
    return path
