"""`from sagemaker_containers.beta.framework import content_types, encoders, worker, …`, loaded when asked for.

Example scripts import more names than they use. The toolkit's other modules import too, and say on first use that they
are not here.
"""

from __future__ import annotations

import importlib
from typing import Any

HERE = ("content_types", "encoders", "errors", "worker")

NOT_HERE = (
    "entry_point",
    "env",
    "files",
    "functions",
    "logging",
    "mapping",
    "modules",
    "mpi",
    "params",
    "process",
    "runner",
    "server",
    "trainer",
    "transformer",
)


class Absent:
    """A module of the toolkit that the local runtime does without."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        raise AttributeError(f"the local runtime has no sagemaker_containers {self._name}.{attribute}")


def __getattr__(name: str) -> Any:
    if name in HERE:
        return importlib.import_module(f"sagemaker_containers._{name}")
    if name in NOT_HERE:
        return Absent(name)
    raise AttributeError(f"module 'sagemaker_containers.beta.framework' has no attribute '{name}'")
