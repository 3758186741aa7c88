"""What was tried already, in the job's checkpoint folder: a job that was stopped goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from .candidates import Candidate
from .trials import Trial


class TrialRecords:
    """Trials by candidate, one JSON line each in a file.

    SageMaker copies the folder to S3 while the job runs, and back at the start of the next job with the same place.

    Parameters
    ----------
    path : Path or None
        Path, or None to keep them in memory alone.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._found: dict[str, tuple[list[float], float, float, int]] = {}
        if path is not None and path.is_file():
            for line in path.read_text(encoding="utf-8").split("\n"):
                self._read(line)

    def _read(self, line: str) -> None:
        """Take a line; one that was cut off when the job was stopped is passed over."""
        try:
            record = json.loads(line)
        except ValueError:
            return
        values = record["fold_accuracies"], record["accuracy"], record["log_loss"], record["records"]
        self._found[record["candidate"]] = values

    def find(self, candidate: Candidate) -> Trial | None:
        """Return the trial of a candidate, if there was one."""
        found = self._found.get(_key(candidate))
        return None if found is None else Trial(candidate, *found)

    def add(self, trials: Iterable[Trial]) -> None:
        """Note trials."""
        lines = []
        for trial in trials:
            key = _key(trial.candidate)
            self._found[key] = trial.fold_accuracies, trial.accuracy, trial.log_loss, trial.n_records
            record = {
                "candidate": key,
                "fold_accuracies": trial.fold_accuracies,
                "accuracy": trial.accuracy,
                "log_loss": trial.log_loss,
                "records": trial.n_records,
            }
            lines.append(json.dumps(record) + "\n")
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write("".join(lines))


def _key(candidate: Candidate) -> str:
    return json.dumps([candidate.vectorizer_settings, asdict(candidate.classifier)], sort_keys=True)
