"""The two source folders as the tests use them: trained by their own scripts, served by their own `inference.py`.

Apart from `train` and `inference` no module name occurs in both folders (a test sees to it), so both can be on the path
at once. Those two are only ever run as scripts, or loaded under a name of their own.
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


def put_on_path() -> None:
    """Let the modules of both folders be imported as they import each other."""
    sys.path.extend(str(folder) for folder in (PREPROCESSOR, CLASSIFIER) if str(folder) not in sys.path)


def load_script(folder: Path, name: str) -> ModuleType:
    """Load a folder's `train.py` or `inference.py` under a name that no other module has."""
    spec = importlib.util.spec_from_file_location(f"{folder.name}_{name}", folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up while it is being run.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
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
