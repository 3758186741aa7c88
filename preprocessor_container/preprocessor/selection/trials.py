"""Trying candidates by cross-validation in which every fold learns everything anew.

Weights that have seen a fold's labels would flatter it, so document frequencies, which pairs there are, weights and
classifier are all fitted on other folds. What answers a text has then seen neither it, nor its copy, nor replies to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from ..features.term_numbering import NumberedTerms
from ..features.term_rows import TermRows, weigh
from .calibration import log_loss
from .candidates import Candidate
from .folds import N_FOLDS
from .naive_bayes import answers

_STOPS = (0, 1, 2, 4, 8, 16, 32, 64)
"""After so many passes it is looked whether more of them still help."""


@dataclass(frozen=True, slots=True)
class TermKinds:
    """What candidates may leave out of the terms; each of shape (n_features,)."""

    of_subject: NDArray[np.bool_]
    of_pairs: NDArray[np.bool_]
    of_stop_words: NDArray[np.bool_]
    """Stop words, and pairs with one."""
    least_pair_texts: int = 2


@dataclass(frozen=True, slots=True)
class CountedTexts:
    """Training texts as counts, and what is known of each row."""

    counts: TermRows
    categories: NDArray[np.intp]
    """Shape (n_rows,)."""
    folds: NDArray[np.intp]
    """Shape (n_rows,): which fold a row is asked in; a negative one is only learnt from."""
    ordered: bool
    """Whether a fold is answered by what came before it alone, instead of by all other folds."""
    is_copy: NDArray[np.bool_]
    """Shape (n_rows,): copies are learnt from, but not asked."""
    kinds: TermKinds
    n_folds: int = N_FOLDS
    """How many of the folds are asked, the last ones."""
    terms: NumberedTerms | None = None
    """What the columns are, where they may have to be named."""
    n_dealt: int = N_FOLDS
    """How many folds there are."""

    def fitted(self, candidate: Candidate) -> tuple[TermRows, NDArray[np.bool_]]:
        """Return the rows over the terms that fitting on all of them would give a candidate, and which terms these are:
        of shape (n_features,).
        """
        terms = _terms(self.counts, candidate, self.kinds)
        return _columns(self.counts, terms), terms

    @property
    def n_categories(self) -> int:
        return int(self.categories.max()) + 1

    @property
    def n_records(self) -> int:
        return int((~self.is_copy).sum())

    @property
    def asked(self) -> NDArray[np.bool_]:
        """Which rows are asked in some fold; shape (n_rows,)."""
        return ~self.is_copy & (self.folds >= max(0, self.n_dealt - self.n_folds))

    def splits(self) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
        """Yield the rows that are learnt from and those that are asked, for each fold that asks any."""
        for fold in range(self.n_dealt):
            asked = (self.folds == fold) & self.asked
            learnt = self.folds < fold if self.ordered else self.folds != fold
            if asked.any() and learnt.any():
                yield learnt, asked


@dataclass(frozen=True, slots=True)
class Trial:
    """How a candidate did on texts that it had not seen."""

    candidate: Candidate
    fold_accuracies: list[float]
    accuracy: float
    log_loss: float = 0.0
    n_records: int = 0
    right: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_), compare=False)
    """Which of the asked records it answered rightly, in order."""


def run_trials(counted: CountedTexts, candidates: Sequence[Candidate]) -> list[Trial]:
    """Try candidates, each with as many passes as it says."""
    return [
        _trial(counted, candidate, scores)
        for candidate in candidates
        for scores in answered(counted, candidate, [candidate.classifier.passes])
    ]


def run_trials_to_best_pass(
    counted: CountedTexts, candidates: Sequence[Candidate], most: int, n_threads: int = 1
) -> list[Trial]:
    """Try candidates, each with at most as many passes as it says, and no more than `most`; each trial is the one with
    the number of passes that gives the least log loss on what was not seen.

    Parameters
    ----------
    counted : CountedTexts
    candidates : sequence of Candidate
    most : int
    n_threads : int
        How many candidates are tried at once, which changes no figure; numpy counts and multiplies at once in threads.
    """

    def best_pass(candidate: Candidate) -> Trial:
        return _best_pass(counted, candidate, min(most, candidate.classifier.passes))

    with ThreadPoolExecutor(n_threads) as pool:
        return list(pool.map(best_pass, candidates))


def _best_pass(counted: CountedTexts, candidate: Candidate, most: int) -> Trial:
    stops = [*(stop for stop in _STOPS if stop < most), most]
    trials = []
    for stop, scores in zip(stops, answered(counted, candidate, stops), strict=True):
        trials.append(_trial(counted, with_passes(candidate, stop), scores))
    return min(trials, key=lambda trial: trial.log_loss)


def with_passes(candidate: Candidate, passes: int) -> Candidate:
    """Return a candidate that makes so many passes."""
    return replace(candidate, classifier=replace(candidate.classifier, passes=passes))


def answered(
    counted: CountedTexts, candidate: Candidate, stops: Sequence[int], n_threads: int = 1
) -> list[NDArray[np.float32]]:
    """Return a candidate's scores after so many passes as each of `stops` says: log probabilities up to a constant in
    each row, of shape (n_rows, n_categories); -inf for a category that was not learnt, and in rows that are not asked.
    So many folds as `n_threads` are asked at once.
    """
    scores = [np.full((len(counted.folds), counted.n_categories), -np.inf, np.float32) for _ in stops]

    def ask(split: tuple[NDArray[np.bool_], NDArray[np.bool_]]) -> None:
        learnt, asked = split
        if not candidate.with_copies:
            learnt &= ~counted.is_copy
        known, unknown = _weighed(counted, candidate, learnt, asked)
        learnt_categories, numbers = np.unique(counted.categories[learnt], return_inverse=True)
        found = answers(candidate.classifier, known, numbers, unknown, stops)
        for part, whole in zip(found, scores, strict=True):
            whole[np.ix_(asked, learnt_categories)] = part

    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(ask, counted.splits()))
    return scores


def _weighed(
    counted: CountedTexts, candidate: Candidate, learnt: NDArray[np.bool_], asked: NDArray[np.bool_]
) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    """Return the rows that are learnt from and those that are asked, over the terms that the candidate has there."""
    known, unknown = _rows(counted.counts, learnt), _rows(counted.counts, asked)
    terms = _terms(known, candidate, counted.kinds)
    known, unknown = _columns(known, terms), _columns(unknown, terms)
    weights = candidate.weighting.weights(known, counted.categories[learnt])
    weights[counted.kinds.of_subject[terms]] *= np.float32(candidate.subject_weight)
    weights[counted.kinds.of_pairs[terms]] *= np.float32(candidate.pair_weight)
    return _to_csr(weigh(known, weights, candidate.log_counts)), _to_csr(weigh(unknown, weights, candidate.log_counts))


def _terms(known: TermRows, candidate: Candidate, kinds: TermKinds) -> NDArray[np.bool_]:
    """Return which terms fitting on these rows alone would give the candidate."""
    frequency = np.bincount(known.indices, minlength=known.n_features)
    terms = frequency >= np.where(kinds.of_pairs, kinds.least_pair_texts, 1)
    if not candidate.subject_weight:
        terms &= ~kinds.of_subject
    if not candidate.pair_weight:
        terms &= ~kinds.of_pairs
    if not candidate.keep_stop_words:
        terms &= ~kinds.of_stop_words
    return terms


def _trial(counted: CountedTexts, candidate: Candidate, scores: NDArray[np.float32]) -> Trial:
    right = scores.argmax(axis=1) == counted.categories
    asked = counted.asked
    return Trial(
        candidate,
        [float(right[rows].mean()) for _, rows in counted.splits()],
        float(right[asked].mean()),
        log_loss(scores[asked], counted.categories[asked]),
        counted.n_records,
        right[asked],
    )


def _rows(counts: TermRows, chosen: NDArray[np.bool_]) -> TermRows:
    lengths = np.diff(counts.indptr)
    entries = np.repeat(chosen, lengths)
    indptr = np.concatenate([[0], np.cumsum(lengths[chosen])]).astype(np.int32)
    return TermRows(indptr, counts.indices[entries], counts.values[entries], counts.n_features)


def _columns(counts: TermRows, chosen: NDArray[np.bool_]) -> TermRows:
    entries = chosen[counts.indices]
    ends = np.concatenate([[0], np.cumsum(entries)])[counts.indptr].astype(np.int32)
    anew = (np.cumsum(chosen) - 1).astype(np.int32)
    return TermRows(ends, anew[counts.indices[entries]], counts.values[entries], int(chosen.sum()))


def _to_csr(rows: TermRows) -> sp.csr_matrix:
    return sp.csr_matrix((rows.values, rows.indices, rows.indptr), shape=(rows.n_rows, rows.n_features))
