"""The containers' source folders on the job's first machine: unpacked, so that an artefact gets its code, and first on
the path. The executors have them as the very archives.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

PREPROCESSOR, CLASSIFIER = "preprocessor", "classifier"
ARCHIVES = Path("/opt/ml/processing/input/py-files")

_folders: dict[str, Path] = {}


def unpack_sources(archives: Path = ARCHIVES) -> None:
    """Unpack both source folders and put them first on the path."""
    for name in (PREPROCESSOR, CLASSIFIER):
        folder = Path(tempfile.mkdtemp()) / f"{name}_container"
        with zipfile.ZipFile(archives / f"{name}.zip") as archive:
            archive.extractall(folder)
        sys.path.insert(0, str(folder))
        _folders[name] = folder


def training_script(container: str) -> ModuleType:
    """Load a container's `train.py`; both have that name, so neither can be imported by it."""
    spec = importlib.util.spec_from_file_location(f"train_{container}", _folders[container] / "train.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = script  # dataclasses look their module up
    spec.loader.exec_module(script)
    return script


def as_arguments(settings: Mapping[str, Any]) -> list[str]:
    """Write hyperparameters as a script gets them."""
    return [part for name, value in sorted(settings.items()) for part in (f"--{name}", str(value))]
