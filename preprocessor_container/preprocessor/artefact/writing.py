"""The preprocessor's model artefact: `code/`, `model.joblib`, `serving/` and, written last, `manifest.json` with the
facts about them.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import platform
import shutil
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

FORMAT_VERSION = 1
_LIBRARIES = ("scikit-learn", "numpy", "scipy", "pyarrow", "joblib")
_SOURCE_FOLDER = Path(__file__).parents[2]


def save_code(model_directory: Path) -> None:
    """Copy the source folder to `code/`, so that the model is served by what trained it."""
    for name in _files(_SOURCE_FOLDER):
        target = model_directory / "code" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_SOURCE_FOLDER / name, target)


def save_estimator(model_directory: Path, estimator: Any) -> None:
    """Write the fitted estimator to `model.joblib`, for people: as plain pickle, which `joblib.load` reads too.

    `joblib.dump` goes through a vocabulary word by word in Python, and takes twenty times as long.
    """
    with (model_directory / "model.joblib").open("wb") as file:
        pickle.dump(estimator, file, pickle.HIGHEST_PROTOCOL)


def save_manifest(model_directory: Path, facts: Mapping[str, object]) -> None:
    """Write `manifest.json`: `facts`, the versions at work, and the digest of every other file.

    The digest of `code/` is the sha256 over the lines `<sha256 of the file>  <path>`, in the order of the paths.
    """
    digests = {
        name: hashlib.sha256((model_directory / name).read_bytes()).hexdigest() for name in _files(model_directory)
    }
    code = {name.removeprefix("code/"): digest for name, digest in digests.items() if name.startswith("code/")}
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(code.items()))
    manifest = {
        "format_version": FORMAT_VERSION,
        **facts,
        "python": platform.python_version(),
        "libraries": {library: version(library) for library in _LIBRARIES},
        "files": {name: {"sha256": digest} for name, digest in digests.items() if not name.startswith("code/")},
        "code": {"sha256": hashlib.sha256(lines.encode()).hexdigest(), "files": code},
    }
    (model_directory / "manifest.json").write_text(
        json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def _files(directory: Path) -> Iterator[str]:
    """Yield the paths of the files below a folder, caches and hidden ones left out."""
    for path in sorted(directory.rglob("*")):
        relative = path.relative_to(directory)
        is_ours = (
            not any(part.startswith(".") or part == "__pycache__" for part in relative.parts) and path.suffix != ".pyc"
        )
        if is_ours and path.is_file():
            yield relative.as_posix()
