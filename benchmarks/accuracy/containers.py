"""The pipeline as a user has it: trained and deployed by its commands on the local target, asked through both running
containers.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NAME = "accuracy"


@dataclass(frozen=True, slots=True)
class Answers:
    """What the containers answered, one entry per text."""

    categories: NDArray[np.str_]
    probabilities: NDArray[np.float64]


def evaluated(profile: str) -> dict[str, Any]:
    """Train and deploy a profile, and return what `evaluate` says of it through the endpoint."""
    _run("train", "--dataset", "20newsgroups", "--profile", profile)
    _run("deploy-pipeline")
    found: dict[str, Any] = json.loads(_run("evaluate", "--json"))
    return found


def asked(texts: Sequence[str]) -> Answers:
    """Send texts through both containers of what `evaluated` deployed, by a batch transform."""
    with tempfile.TemporaryDirectory() as directory:
        source, destination = Path(directory) / "texts.csv", Path(directory) / "answers.csv"
        with source.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["text"], *([text] for text in texts)])
        _run("batch-transform", "--input", str(source), "--output", str(destination), "--text-column", "text")
        rows = list(_answers(destination))
    return Answers(np.array([row["category"] for row in rows]), np.array([float(row["probability"]) for row in rows]))


def _answers(path: Path) -> Iterator[dict[str, str]]:
    csv.field_size_limit(2**27)  # a post has 160,616 characters
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@contextmanager
def torn_down() -> Iterator[None]:
    """Delete what was deployed, at the end."""
    try:
        yield
    finally:
        _run("teardown", "--data")


def _run(*arguments: str) -> str:
    environment = {**os.environ, "TARGET": "local", "PIPELINE_NAME": _NAME}
    command = [sys.executable, "-m", "pipeline", *arguments]
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
