"""Choosing settings from the training texts alone, and saying on what evidence."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from ..features.text_vectorizer import TextVectorizer
from .calibration import Calibration, calibrate, log_loss
from .candidates import Candidate
from .folds import N_FOLDS
from .race import LEAST_RECORDS, SHARES, Costs, Step, race, winner
from .training_tokens import TrainingTokens
from .trial_records import TrialRecords
from .trials import CountedTexts, Trial, answered, run_trials, with_passes

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Selection:
    """What was chosen, and on what evidence."""

    chosen: Candidate
    calibration: Calibration
    trials: list[Trial]
    """The chosen one first, then those that were tried on the most records, the best first."""
    why: str
    ordered: bool
    record_passes: int
    """What choosing took, by the count of `race`."""
    seconds: float
    counted: CountedTexts
    """All records, and their copies."""

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, for `selection.json`."""
        return {
            "chosen": self.chosen.name,
            "why": self.why,
            "preprocessor": self.chosen.vectorizer_settings,
            "with_copies": self.chosen.with_copies,
            "classifier": {
                **{name: value for name, value in asdict(self.chosen.classifier).items() if value is not None},
                **self.calibration.temperature.settings,
            },
            "calibration": {
                **self.calibration.temperature.settings,
                "error_before": self.calibration.error_before,
                "error_after": self.calibration.error_after,
            },
            "folds": N_FOLDS,
            "ordered": self.ordered,
            "record_passes": self.record_passes,
            "candidates": [
                {
                    "name": trial.candidate.name,
                    "records": trial.n_records,
                    "accuracy": trial.accuracy,
                    "log_loss": trial.log_loss,
                    "fold_accuracies": trial.fold_accuracies,
                    "preprocessor": trial.candidate.vectorizer_settings,
                    "classifier": asdict(trial.candidate.classifier),
                }
                for trial in self.trials
            ],
        }

    def lines(self) -> list[str]:
        """Return it as a table for the job's log."""
        shown = self.trials[:_SHOWN]
        return [
            "accuracy  log loss  records  candidate",
            *(
                f"{trial.accuracy:8.4f}  {trial.log_loss:8.3f}  {trial.n_records:7d}  {trial.candidate.name}"
                for trial in shown
            ),
            f"chosen from {len(self.trials)} in {self.seconds:.1f} s ({self.record_passes:,} record passes): "
            f"{self.chosen.name}, {self.chosen.classifier.passes} passes: {self.why}",
            f"temperature {self.calibration.temperature}: expected calibration error "
            f"{self.calibration.error_before:.4f} before, {self.calibration.error_after:.4f} after",
        ]


def choose(
    texts: TrainingTokens, vectorizer: TextVectorizer, candidates: Sequence[Candidate], budget: int, n_threads: int = 1
) -> Selection:
    """Let the candidates race, and calibrate the winner on all records.

    With fewer than `LEAST_RECORDS` records the first candidate is taken as it is, and only calibrated.

    Parameters
    ----------
    texts : TrainingTokens
    vectorizer : TextVectorizer
        What counts as a term, apart from what candidates decide.
    candidates : sequence of Candidate
    budget : int
        In record passes, see `race`; the calibration takes one pass over the records at least.
    n_threads : int
        How many candidates are tried, and then folds are asked, at once: each takes memory, and changes no figure.
    """
    began = time.monotonic()
    steps = race(texts, vectorizer, candidates, budget, n_threads) if texts.n_records >= LEAST_RECORDS else []
    best = winner(steps[-1].trials) if steps else None
    chosen = best.candidate if best else candidates[0]
    costs = Costs.of(texts)
    stops, n_folds = costs.last_stops(SHARES[-1] * budget, chosen.classifier.passes)
    stops = stops if best else stops[:1]
    counted = texts.counted(vectorizer, texts.n_records, bool(chosen.pair_weight), n_folds)
    asked = counted.categories[counted.asked]
    found = [scores[counted.asked] for scores in answered(counted, chosen, stops, n_threads)]
    scores, passes = min(zip(found, stops, strict=True), key=lambda each: log_loss(each[0], asked, most=len(asked) + 1))
    chosen = with_passes(chosen, passes)
    if costs.finer(SHARES[-1] * budget, passes) and (finer := texts.dealt_finer(counted)):
        scores, asked = _asked(finer, chosen, n_threads)
    return Selection(
        chosen,
        calibrate(scores, asked),
        _ranked(steps, best) if best else run_trials(counted, candidates[:1]),
        _reason(best, steps) if best else f"{texts.n_records} records are too few to choose by",
        texts.ordered,
        sum(step.record_passes for step in steps),
        time.monotonic() - began,
        counted,
    )


def _asked(
    counted: CountedTexts, candidate: Candidate, n_threads: int = 1
) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Return the scores of what is asked, and the right answers."""
    (scores,) = answered(counted, candidate, [candidate.classifier.passes], n_threads)
    return scores[counted.asked], counted.categories[counted.asked]


def _ranked(steps: Sequence[Step], best: Trial) -> list[Trial]:
    found: dict[str, Trial] = {}
    for step in reversed(steps):
        for trial in sorted(step.trials, key=lambda trial: -trial.accuracy):
            found.setdefault(trial.candidate.name, trial)
    return sorted(found.values(), key=lambda trial: trial is not best)


def _reason(best: Trial, steps: Sequence[Step]) -> str:
    top = max(steps[-1].trials, key=lambda trial: trial.accuracy)
    if top.candidate.feature_settings == best.candidate.feature_settings:
        return "its features are the most accurate, and its classifier has the least log loss with them"
    return f"not clearly less accurate than {top.candidate.name!r}, and simpler"


def select(
    counted: CountedTexts, candidates: Sequence[Candidate], records: TrialRecords | None = None, n_jobs: int = 1
) -> Selection:
    """Try the candidates, all on all records, choose the most accurate one (of equals, the first), and calibrate it.

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
    chosen = found[0].candidate
    calibration = calibrate(*_asked(counted, chosen))
    why, seconds = "the most accurate on all records", time.monotonic() - began
    return Selection(chosen, calibration, found, why, counted.ordered, 0, seconds, counted)
