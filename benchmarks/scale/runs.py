"""The commands on generated posts, on a local SageMaker of their own: how long each step takes, and its memory."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.scale.generating import generate
from benchmarks.scale.memory import MemoryWatch
from local_sagemaker.daemon import find
from local_sagemaker.state import StateDirectory

NAME = "scale"
_STEPS = (
    (re.compile(r"run \S+: everything of it goes"), "preprocessor"),
    (re.compile(rf"training job {NAME}-preprocessor-\S+: Completed"), "features"),
    (re.compile(rf"batch transform {NAME}-features-\S+: Completed"), "classifier"),
)
"""A line that ends a step of `train`, and the step that follows: of Spark, one for all."""
_TEST_RECORDS = 5_000
_TEST_SEED = 1_000_003


@dataclass(frozen=True, slots=True)
class Measured:
    """One command on so many posts."""

    what: str
    records: int
    seconds: dict[str, float]
    """By step."""
    peaks: dict[str, dict[str, int]]
    """Bytes, by step and part."""
    facts: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return what the JSON file holds of it."""
        return asdict(self)


class Bench:
    """A folder of generated posts beside a state directory of its own.

    Parameters
    ----------
    directory : Path
        For all of it; what is there of an earlier run is used again.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory.resolve()
        self.state = self._directory / "state"

    @contextmanager
    def server(self) -> Iterator[None]:
        """Run the local SageMaker meanwhile."""
        self._directory.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "pipeline", "local", "up"], env=self._environment(), check=True)
        try:
            yield
        finally:
            subprocess.run([sys.executable, "-m", "pipeline", "local", "down"], env=self._environment(), check=True)

    def train(self, records: int, file_format: str, *options: str) -> Measured:
        """Train both models on so many posts, from the files on, and score them on others."""
        source = self._directory / f"train-{file_format}-{records}"
        generate(source, records, 0, file_format)
        (test,) = generate(self._directory / "test", _TEST_RECORDS, _TEST_SEED, "csv")
        shutil.rmtree(self._directory / "prepared", ignore_errors=True)  # what is prepared already takes no time
        columns = ("--text-column", "text", "--label-column", "category")
        command = ("train", "--input", str(source), "--test-input", str(test), *columns, *options)
        found = self._run(f"train {file_format} {' '.join(options)}".strip(), records, command)
        score = json.loads(self.call("evaluate", "--batch", "--json"))
        return Measured(
            found.what,
            records,
            found.seconds,
            found.peaks,
            {name: score[name] for name in ("accuracy", "vocabulary", "nonzeros")},
        )

    def call(self, *arguments: str) -> str:
        """Run a command, and return what it prints."""
        return subprocess.run(
            self._words(*arguments),
            env=self._environment(),
            cwd=self._directory,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout

    def batch(self, records: int, words: int, times: int = 1) -> Measured:
        """Classify so many posts of about so many words with the latest run, without an endpoint, so many times.

        Time is the median; memory is the most of all times, as a short run is over before the rare moment comes in
        which several answers are long at once.
        """
        runs = [self._batch(records, words) for _ in range(times)]
        step = runs[0].what
        most = {part: max(run.peaks[step].get(part, 0) for run in runs) for part in runs[0].peaks[step]}
        middle = statistics.median(run.seconds[step] for run in runs)
        return Measured(step, records, {step: middle}, {step: most}, {"times": times})

    def _batch(self, records: int, words: int) -> Measured:
        source = self._directory / f"batch-{words}-{records}"
        generate(source, records, 1, "csv", words=words)
        answers = self._directory / "answers.csv"
        command = ("batch-transform", "--input", str(source), "--output", str(answers), "--text-column", "text")
        found = self._run("batch-transform", records, command)
        with answers.open(encoding="utf-8", newline="") as file:
            n_answers = sum(1 for _ in csv.reader(file)) - 1
        answers.unlink()
        if n_answers != records:
            raise SystemExit(f"{n_answers:,} answers for {records:,} records")
        return found

    def _run(self, what: str, records: int, command: Sequence[str]) -> Measured:
        server = find(StateDirectory(self.state))
        assert server is not None, "the server has been started"
        process = subprocess.Popen(
            self._words(*command),
            env=self._environment(),
            cwd=self._directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # where commands say how far on they are
            text=True,
        )
        watch = MemoryWatch(process.pid, server.pid)
        seconds: dict[str, float] = {}
        step, began = "prepare" if command[0] == "train" else command[0], time.monotonic()
        watch.begin(step)
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            following = next((name for pattern, name in _STEPS if pattern.match(line)), None)
            if following == "preprocessor" and "spark" in command:
                following = "spark"
            if following is not None:
                now = time.monotonic()
                seconds[step], step, began = now - began, following, now
                watch.begin(step)
        seconds[step] = time.monotonic() - began
        peaks = watch.end()
        if process.wait() != 0:
            raise SystemExit(f"{what} of {records:,} records failed")
        return Measured(what, records, seconds, peaks)

    def _words(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "pipeline", *arguments]

    def _environment(self) -> dict[str, str]:
        root = str(Path(__file__).parents[2])
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        return {
            **os.environ,
            "TARGET": "local",
            "PIPELINE_NAME": NAME,
            "SAGEMAKER_LOCAL_STATE": str(self.state),
            "PYTHONPATH": path,
            "PYTHONUNBUFFERED": "1",
        }
