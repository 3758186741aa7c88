"""A contender in a process and an environment of its own, that does one round whenever it is told to."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.speed import models
from tests.image import build


class RoundFailed(Exception):
    """A contender's process ended."""


class RoundProcess:
    """Runs a script of `rounds/`; see `rounds/rounds_protocol.py`."""

    def __init__(self, script: str, arguments: Sequence[Any], python: Path | None = None) -> None:
        self._script = script
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("SM_", "PYTHON"))}
        threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [str(python or build.python_of_environment()), str(models.ROUNDS / script), *map(str, arguments)],
            env={**clean, **threads, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Self:
        """Wait until it is ready."""
        try:
            self._line()
        except RoundFailed:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self._end()

    def round(self) -> float:
        """Do one round and return the seconds that it took.

        Raises
        ------
        RoundFailed
            If the process ended instead.
        """
        assert self._process.stdin is not None
        print(file=self._process.stdin, flush=True)
        return float(self._line())

    def _end(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line:
            raise RoundFailed(f"{self._script} ended before its round did")
        return line
