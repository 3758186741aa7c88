"""The strategy `Bayesian`, by Optuna's tree-structured Parzen estimator.

Optuna runs in a process of its own as long as the tuning job does, so that the server keeps neither its memory nor
that of its libraries. The process ends with its standard input, so with the server, however that ends.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from local_sagemaker.sagemaker.tuning.strategies.parameters import Space
from local_sagemaker.sagemaker.tuning.strategies.search import Search

_SCRIPT = Path(__file__).with_name("optuna_process.py")
_SECONDS = 10.0


class SearchFailed(Exception):
    """The process could not go on; the message is the last line that it said."""


def available() -> bool:
    """Tell if Optuna is installed; it is not imported."""
    return importlib.util.find_spec("optuna") is not None


class BayesianSearch(Search):
    """Parameters that what was tried so far makes promising.

    Parameters
    ----------
    space : Space
        What may be chosen.
    seed : int or None
        Makes the first choices the same every time.
    maximize : bool
        Whether a greater objective is better.
    jobs : int
        How many training jobs there may be; the first of them are at random.
    name : str
        Tells the process from others in a list of processes.
    """

    def __init__(self, space: Space, seed: int | None, maximize: bool, jobs: int, name: str = "") -> None:
        self._space = space
        self._numbers: dict[tuple[tuple[str, str], ...], list[int]] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(_SCRIPT), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        choices = {choice.name: list(choice.values) for choice in space.choices}
        names = [number.name for number in space.numbers]
        self._say({"seed": seed, "maximize": maximize, "jobs": jobs, "numbers": names, "choices": choices})

    def next(self) -> Mapping[str, str]:
        self._say({"ask": True})
        answer = json.loads(self._pipe(self._process.stdout).readline() or self._fail())
        tried = self._space.hyperparameters(answer["places"], answer["chosen"])
        self._numbers.setdefault(_key(tried), []).append(answer["number"])
        return tried

    def report(self, tried: Mapping[str, str], objective: float | None) -> None:
        self._say({"tell": self._numbers[_key(tried)].pop(), "objective": objective})

    def close(self) -> None:
        with self._process:
            self._process.kill()

    def _say(self, message: Mapping[str, Any]) -> None:
        try:
            print(json.dumps(message), file=self._pipe(self._process.stdin), flush=True)
        except BrokenPipeError:
            self._fail()

    def _fail(self) -> str:
        self._process.wait(_SECONDS)
        said = self._pipe(self._process.stderr).read().strip()
        raise SearchFailed(f"Optuna's process ended: {said.rpartition(chr(10))[2]}")

    @staticmethod
    def _pipe(stream: IO[str] | None) -> IO[str]:
        assert stream is not None
        return stream


def _key(tried: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(tried.items()))
