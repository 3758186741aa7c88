"""Choosing settings from the training texts alone: cross-validation in which every fold learns everything anew.

Weights that have seen a fold's labels would flatter it, so document frequencies, weights and classifier are all fitted
on the other folds. What answers a fold has then seen neither its texts, nor their copies, nor replies to them.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from calibration import Calibration, calibrate
from candidates import Candidate
from term_rows import TermRows, weigh
from text_parts import subject_of

N_FOLDS = 5
_SEED = 0


@dataclass(frozen=True, slots=True)
class CountedTexts:
    """The training texts as counts, and what is known of each row."""

    counts: TermRows
    categories: NDArray[np.intp]
    """Shape (n_rows,)."""
    folds: NDArray[np.intp]
    """Shape (n_rows,): which fold answers the row."""
    is_copy: NDArray[np.bool_]
    """Shape (n_rows,): copies are learnt from, but not scored."""
    of_subject: NDArray[np.bool_]
    """Shape (n_features,): terms of a subject, which have a weight of their own."""


@dataclass(frozen=True, slots=True)
class Trial:
    """How a candidate did on the texts that it had not seen."""

    candidate: Candidate
    fold_accuracies: list[float]
    accuracy: float
    scores: NDArray[np.float32]
    """Shape (n_scored_rows, n_categories): log probabilities up to a constant in each row."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What was chosen, and on what evidence."""

    chosen: Candidate
    calibration: Calibration
    trials: list[Trial]
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
            "seconds": round(self.seconds, 2),
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
        width = max(len(trial.candidate.name) for trial in self.trials)
        return [
            *(
                f"{'*' if trial.candidate is self.chosen else ' '} {trial.candidate.name:<{width}} {trial.accuracy:.4f}"
                for trial in self.trials
            ),
            f"chosen by accuracy on {N_FOLDS} folds, in {self.seconds:.1f} s: {self.chosen.name}",
            f"temperature {self.calibration.temperature:.3f}: expected calibration error "
            f"{self.calibration.error_before:.4f} before, {self.calibration.error_after:.4f} after",
        ]


def select(counted: CountedTexts, candidates: Sequence[Candidate]) -> Selection:
    """Try the candidates, choose the most accurate one (of equals, the first), and calibrate it."""
    began = time.monotonic()
    trials = [_trial(counted, candidate) for candidate in candidates]
    best = max(trials, key=lambda trial: trial.accuracy)
    scored = ~counted.is_copy
    calibration = calibrate(best.scores, counted.categories[scored])
    return Selection(best.candidate, calibration, trials, time.monotonic() - began)


def folds(texts: Sequence[str], categories: NDArray[np.intp]) -> NDArray[np.intp] | None:
    """Deal texts to folds: each category evenly, and never a thread (the same subject, without `Re:`) or the same text
    to two.

    Returns
    -------
    ndarray of shape (n_texts,), or None if there are too few threads to leave each fold at least two.
    """
    threads = [_thread(text) for text in texts]
    category_of: dict[str, int] = {}
    for thread, category in zip(threads, categories.tolist(), strict=True):
        category_of.setdefault(thread, category)
    of_category: defaultdict[int, list[str]] = defaultdict(list)
    for thread, category in category_of.items():
        of_category[category].append(thread)
    chance, dealt = np.random.default_rng(_SEED), dict[str, int]()
    for category in sorted(of_category):
        for position in chance.permutation(len(of_category[category])):
            dealt[of_category[category][position]] = len(dealt) % N_FOLDS
    if len(dealt) < 2 * N_FOLDS:
        return None
    return np.array([dealt[thread] for thread in threads], np.intp)


def _thread(text: str) -> str:
    subject = " ".join((subject_of(text) or "").lower().split())
    return f"s {subject}" if subject else f"t {text}"


def _trial(counted: CountedTexts, candidate: Candidate) -> Trial:
    n_categories = int(counted.categories.max()) + 1
    scored = ~counted.is_copy
    scores = np.full((len(counted.folds), n_categories), -np.inf, np.float32)
    accuracies = []
    for fold in range(N_FOLDS):
        here = (counted.folds == fold) & scored
        if here.any():
            scores[here] = _answers(counted, candidate, counted.folds != fold, here)
            accuracies.append(_accuracy(scores[here], counted.categories[here]))
    return Trial(candidate, accuracies, _accuracy(scores[scored], counted.categories[scored]), scores[scored])


def _answers(
    counted: CountedTexts, candidate: Candidate, learnt: NDArray[np.bool_], asked: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Learn from some rows and return the scores of others; a category that was not learnt has the score -inf."""
    counts, categories = _rows(counted.counts, learnt), counted.categories[learnt]
    weights = candidate.weighting.weights(counts, categories)
    weights[counted.of_subject] *= np.float32(candidate.subject_weight)
    # A term that only the asked texts hold is no term of this fold.
    weights[np.bincount(counts.indices, minlength=counts.n_features) == 0] = 0
    classifier = candidate.classifier.fit(_weighed(counts, weights, candidate), categories)
    scores = np.full((int(asked.sum()), int(counted.categories.max()) + 1), -np.inf, np.float32)
    rows = _weighed(_rows(counted.counts, asked), weights, candidate)
    scores[:, classifier.classes_] = classifier.predict_joint_log_proba(rows)
    return scores


def _rows(counts: TermRows, chosen: NDArray[np.bool_]) -> TermRows:
    lengths = np.diff(counts.indptr)
    entries = np.repeat(chosen, lengths)
    indptr = np.concatenate([[0], np.cumsum(lengths[chosen])]).astype(np.int32)
    return TermRows(indptr, counts.indices[entries], counts.values[entries], counts.n_features)


def _weighed(counts: TermRows, weights: NDArray[np.float32], candidate: Candidate) -> sp.csr_matrix:
    rows = weigh(counts, weights, candidate.log_counts)
    return sp.csr_matrix((rows.values, rows.indices, rows.indptr), shape=(rows.n_rows, rows.n_features))


def _accuracy(scores: NDArray[np.float32], categories: NDArray[np.intp]) -> float:
    return float(np.mean(scores.argmax(axis=1) == categories))
