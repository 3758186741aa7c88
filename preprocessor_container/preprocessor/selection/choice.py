"""Choosing settings from the training texts alone, and saying on what evidence."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from joblib import Parallel, delayed

from .calibration import Calibration, calibrate
from .candidates import Candidate
from .folds import N_FOLDS
from .trial_records import TrialRecords
from .trials import CountedTexts, Trial, answered, run_trials

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Selection:
    """What was chosen, and on what evidence."""

    chosen: Candidate
    calibration: Calibration
    trials: list[Trial]
    """The best first; of equals, the one that stands first among the candidates."""
    ordered: bool
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, for `selection.json`."""
        return {
            "chosen": self.chosen.name,
            "preprocessor": self.chosen.vectorizer_settings,
            "classifier": {
                **{name: value for name, value in asdict(self.chosen.classifier).items() if value is not None},
                "temperature": self.calibration.temperature,
            },
            "calibration": asdict(self.calibration),
            "folds": N_FOLDS,
            "ordered": self.ordered,
            "candidates": [
                {
                    "name": trial.candidate.name,
                    "accuracy": trial.accuracy,
                    "fold_accuracies": trial.fold_accuracies,
                    "preprocessor": trial.candidate.vectorizer_settings,
                    "classifier": asdict(trial.candidate.classifier),
                }
                for trial in self.trials
            ],
        }

    def lines(self) -> list[str]:
        """Return it as a table for the job's log."""
        width = max(len(trial.candidate.name) for trial in self.trials[:_SHOWN])
        return [
            *(f"{trial.accuracy:.4f}  {trial.candidate.name:<{width}}" for trial in self.trials[:_SHOWN]),
            f"chosen from {len(self.trials)} by accuracy on {N_FOLDS} folds, in {self.seconds:.1f} s: "
            f"{self.chosen.name}",
            f"temperature {self.calibration.temperature:.3f}: expected calibration error "
            f"{self.calibration.error_before:.4f} before, {self.calibration.error_after:.4f} after",
        ]


def select(
    counted: CountedTexts, candidates: Sequence[Candidate], records: TrialRecords | None = None, n_jobs: int = 1
) -> Selection:
    """Try the candidates, choose the most accurate one (of equals, the first), and calibrate it.

    Parameters
    ----------
    counted : CountedTexts
        CountedTexts.
    candidates : sequence of Candidate
    records : TrialRecords, optional
        Where trials are noted as they end; what an earlier job noted there is not tried again.
    n_jobs : int
        How many processes try candidates at once.
    """
    began = time.monotonic()
    records = records or TrialRecords(None)
    missing = [candidate for candidate in candidates if records.find(candidate) is None]
    alike = [list(group) for _, group in groupby(missing, key=lambda candidate: candidate.vectorizer_settings)]
    done = Parallel(n_jobs, return_as="generator_unordered")(delayed(run_trials)(counted, group) for group in alike)
    for trials in done:
        records.add(trials)
        n_tried = sum(records.find(candidate) is not None for candidate in candidates)
        print(f"tried {n_tried} of {len(candidates)}", flush=True)
    found = [trial for candidate in candidates if (trial := records.find(candidate)) is not None]
    found.sort(key=lambda trial: -trial.accuracy)
    ((chosen, scores),) = answered(counted, [found[0].candidate])
    calibration = calibrate(scores[counted.asked], counted.categories[counted.asked])
    return Selection(chosen, calibration, found, counted.ordered, time.monotonic() - began)
