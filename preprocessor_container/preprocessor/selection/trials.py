"""Trying candidates by cross-validation in which every fold learns everything anew.

Weights that have seen a fold's labels would flatter it, so document frequencies, weights and classifier are all fitted
on other folds. What answers a text has then seen neither it, nor its copy, nor replies to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..features.term_rows import TermRows, weigh
from .candidates import Candidate
from .folds import N_FOLDS


@dataclass(frozen=True, slots=True)
class CountedTexts:
    """The training texts as counts, and what is known of each row."""

    counts: TermRows
    categories: NDArray[np.intp]
    """Shape (n_rows,)."""
    folds: NDArray[np.intp]
    """Shape (n_rows,): which fold a row is asked in; a negative one is only learnt from."""
    ordered: bool
    """Whether a fold is answered by what came before it alone, instead of by all other folds."""
    is_copy: NDArray[np.bool_]
    """Shape (n_rows,): copies are learnt from, but not asked."""
    of_subject: NDArray[np.bool_]
    """Shape (n_features,): terms of a subject, which have a weight of their own."""

    @property
    def n_categories(self) -> int:
        return int(self.categories.max()) + 1

    @property
    def asked(self) -> NDArray[np.bool_]:
        """Which rows are asked in some fold; shape (n_rows,)."""
        return ~self.is_copy & (self.folds >= 0)

    def splits(self) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
        """Yield the rows that are learnt from and those that are asked, for each fold that asks any."""
        for fold in range(N_FOLDS):
            asked = (self.folds == fold) & self.asked
            if asked.any():
                yield self.folds < fold if self.ordered else self.folds != fold, asked


@dataclass(frozen=True, slots=True)
class Trial:
    """How a candidate did on texts that it had not seen."""

    candidate: Candidate
    fold_accuracies: list[float]
    accuracy: float


def run_trials(counted: CountedTexts, candidates: Sequence[Candidate]) -> list[Trial]:
    """Try candidates; those that weight terms alike should come together, for they share the work of weighting."""
    return [_trial(counted, candidate, scores) for candidate, scores in answered(counted, candidates)]


def answered(counted: CountedTexts, candidates: Sequence[Candidate]) -> list[tuple[Candidate, NDArray[np.float32]]]:
    """Return each candidate with its scores: log probabilities up to a constant in each row, of shape (n_rows,
    n_categories); -inf for a category that was not learnt, and in rows that are not asked.
    """
    shape = len(counted.folds), counted.n_categories
    scores = [np.full(shape, -np.inf, np.float32) for _ in candidates]
    for learnt, asked in counted.splits():
        known = _rows(counted.counts, learnt), counted.categories[learnt]
        unknown = _rows(counted.counts, asked)
        rows: dict[object, tuple[sp.csr_matrix, sp.csr_matrix]] = {}
        for candidate, found in zip(candidates, scores, strict=True):
            weighting = candidate.log_counts, candidate.weighting, candidate.subject_weight
            if weighting not in rows:
                rows = {weighting: _weighed(counted, candidate, known, unknown)}
            classifier = candidate.classifier.fit(rows[weighting][0], known[1])
            answers = np.full((unknown.n_rows, counted.n_categories), -np.inf, np.float32)
            answers[:, classifier.classes_] = classifier.predict_joint_log_proba(rows[weighting][1])
            found[asked] = answers
    return list(zip(candidates, scores, strict=True))


def _weighed(
    counted: CountedTexts, candidate: Candidate, known: tuple[TermRows, NDArray[np.intp]], unknown: TermRows
) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    counts, categories = known
    weights = candidate.weighting.weights(counts, categories)
    weights[counted.of_subject] *= np.float32(candidate.subject_weight)
    # A term that only the asked texts hold is no term of this fold.
    weights[np.bincount(counts.indices, minlength=counts.n_features) == 0] = 0
    return _to_csr(weigh(counts, weights, candidate.log_counts)), _to_csr(weigh(unknown, weights, candidate.log_counts))


def _trial(counted: CountedTexts, candidate: Candidate, scores: NDArray[np.float32]) -> Trial:
    right = scores.argmax(axis=1) == counted.categories
    return Trial(
        candidate,
        [float(right[asked].mean()) for _, asked in counted.splits()],
        float(right[counted.asked].mean()),
    )


def _rows(counts: TermRows, chosen: NDArray[np.bool_]) -> TermRows:
    lengths = np.diff(counts.indptr)
    entries = np.repeat(chosen, lengths)
    indptr = np.concatenate([[0], np.cumsum(lengths[chosen])]).astype(np.int32)
    return TermRows(indptr, counts.indices[entries], counts.values[entries], counts.n_features)


def _to_csr(rows: TermRows) -> sp.csr_matrix:
    return sp.csr_matrix((rows.values, rows.indices, rows.indptr), shape=(rows.n_rows, rows.n_features))
