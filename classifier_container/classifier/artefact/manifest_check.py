"""Is the model artefact the one that was deployed? Digests say so, before any of its files is opened as a model."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from ..errors import ArtefactUnusable

MANIFEST_VARIABLE = "PIPELINE_MANIFEST_SHA256"
"""In the container's environment: the sha256 of `manifest.json` as it was when the pipeline was deployed."""


def check_artefact(model_directory: Path, deployed: str | None) -> str:
    """Hold `manifest.json` to the digest that was deployed, and the files of `serving/` to the manifest's digests.

    Parameters
    ----------
    model_directory : Path
        Where the artefact was unpacked.
    deployed : str or None
        The manifest's sha256 as the deployment recorded it; None where nobody did, then the manifest is believed.

    Returns
    -------
    str
        The manifest's sha256.

    Raises
    ------
    ArtefactUnusable
        If they differ, or a file is missing or one too many; the message names the file.
    """
    try:
        content = (model_directory / "manifest.json").read_bytes()
        manifest_sha256 = hashlib.sha256(content).hexdigest()
        if deployed is not None and manifest_sha256 != deployed:
            raise _differs("manifest.json", manifest_sha256, f"{MANIFEST_VARIABLE} says", deployed)
        _check_serving(model_directory, json.loads(content)["files"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ArtefactUnusable(f"The artefact cannot be checked ({error!r}). {_REMEDY}") from error
    return manifest_sha256


_REMEDY = "Deploy the model.tar.gz that training wrote, or train again."


def _check_serving(model_directory: Path, files: dict[str, dict[str, str]]) -> None:
    """See that `serving/` holds the files that the manifest names, and no other."""
    expected = {name: facts["sha256"] for name, facts in files.items() if name.startswith("serving/")}
    found = {f"serving/{path.name}" for path in (model_directory / "serving").iterdir()}
    if odd := sorted(found ^ expected.keys()):
        raise ArtefactUnusable(f"{odd[0]} stands in the manifest or in the artefact, but not in both. {_REMEDY}")
    for name, sha256 in expected.items():
        with (model_directory / name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != sha256:
            raise _differs(name, digest, "the manifest says", sha256)


def _differs(name: str, found: str, who_says: str, expected: str) -> ArtefactUnusable:
    return ArtefactUnusable(f"{name} was changed: its sha256 is {found}, {who_says} {expected}. {_REMEDY}")
