"""The two source folders as the tests use them: trained by their own scripts, served by their own `inference.py`.

Tests import the inner packages as `preprocessor_container.preprocessor` and `classifier_container.classifier`. The two
entry points import them as `preprocessor` and `classifier`, as they do where they serve; both folders have them, so
they are only ever run as scripts, or loaded under a name of their own.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

CHECKOUT = Path(__file__).resolve().parent.parent
PREPROCESSOR = CHECKOUT / "preprocessor_container"
CLASSIFIER = CHECKOUT / "classifier_container"
ARROW = "application/vnd.apache.arrow.stream"


def load_script(folder: Path, name: str) -> ModuleType:
    """Load a folder's `train.py` or `inference.py` under a name that no other module has.

    The folder is on the path meanwhile, as it is for a script, and no longer.
    """
    spec = importlib.util.spec_from_file_location(f"{folder.name}_{name}", folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up while it is being run.
    sys.modules[spec.name] = module
    sys.path.insert(0, str(folder))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(folder))
    return module


def write_channels(base: Path, **channels: Mapping[str, bytes | str]) -> Path:
    """Lay out a training job's input below its base directory; `channels` are files by name."""
    for channel, files in channels.items():
        directory = base / "input" / "data" / channel
        directory.mkdir(parents=True)
        for name, content in files.items():
            (directory / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return base


def run_training(folder: Path, base: Path, *hyperparameters: str) -> subprocess.CompletedProcess[str]:
    """Run a folder's `train.py` as SageMaker's toolkit would, with everything below `base`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SM_")}
    environment = {**clean, "SAGEMAKER_BASE_DIR": str(base), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, str(folder / "train.py"), *hyperparameters]
    return subprocess.run(command, env=environment, cwd=base, capture_output=True, text=True, check=False)


def failure(base: Path) -> str:
    """Return what a job left as its failure reason."""
    return (base / "output" / "failure").read_text(encoding="utf-8")


def shipped_files(folder: Path) -> list[Path]:
    """Return the files below a folder of a model artefact, without the bytecode of whoever has imported its code."""
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
