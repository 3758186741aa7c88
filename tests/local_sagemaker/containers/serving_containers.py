"""Makes serving containers of a few lines of user code, and the processes and sources that the tests look at."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

import psutil

from local_sagemaker.containers import ServingContainer, ServingDefinition
from local_sagemaker.containers.source.archive import pack

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0"

LOADS_NOTHING = "def model_fn(model_dir):\n    return model_dir\n"

ECHO = (
    LOADS_NOTHING
    + """
def transform_fn(model, body, content_type, accept):
    return repr((body, content_type, accept)), "text/plain"
"""
)


def write_files(directory: Path, files: Mapping[str, str]) -> Path:
    """Write text files below a directory; indentation that all lines share is taken away."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return directory


@dataclass
class Started:
    """A container, its base directory, and what it has said so far."""

    container: ServingContainer
    base: Path
    said: list[str] = field(default_factory=list)


class Starter:
    """Starts containers in a directory and stops them all in the end."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._started: list[Started] = []

    def make(self, code: Mapping[str, str] | str, **environment: str) -> Started:
        """Lay out a container whose model archive holds the code; `str` is the text of `inference.py`."""
        number = len(self._started)
        files = {"inference.py": code} if isinstance(code, str) else code
        model = write_files(self._directory / f"model-{number}", {f"code/{name}": text for name, text in files.items()})
        archive = self._directory / f"model-{number}.tar.gz"
        pack(model, archive)
        return self.of(
            ServingDefinition(
                IMAGE,
                {
                    "SAGEMAKER_PROGRAM": "inference.py",
                    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
                    "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
                    **environment,
                },
                archive,
                None,
            )
        )

    def of(self, definition: ServingDefinition) -> Started:
        """Lay out a container of a definition."""
        base = self._directory / f"base-{len(self._started)}"
        said: list[str] = []
        container = ServingContainer(definition, base, self._directory / "requirements", said.append)
        self._started.append(Started(container, base, said))
        return self._started[-1]

    def healthy(self, code: Mapping[str, str] | str, **environment: str) -> Started:
        """Start a container and wait until it serves."""
        started = self.make(code, **environment)
        started.container.start()
        started.container.wait_until_healthy(60)
        return started

    def stop(self) -> None:
        for started in self._started:
            started.container.stop()


@contextmanager
def starter(directory: Path) -> Iterator[Starter]:
    """Give a starter, and stop what it started."""
    made = Starter(directory)
    try:
        yield made
    finally:
        made.stop()


def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether a condition comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_running(pid: int) -> bool:
    """Whether a process is there; one that has ended but is not reaped yet is gone."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
