"""Fitting a naive Bayes a file at a time: memory is bounded by features times categories, and one file."""

from __future__ import annotations

import argparse
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.naive_bayes import MultinomialNB

from ..model.background_prior import alpha_of_totals
from ..model.class_sums import ClassSums, add_pass, doubts, naive_bayes
from ..model.discriminative_counts import answering
from ..streaming.array_files import ArrayFile, write_arrays
from ..streaming.progress import Progress
from ..wire.feature_stream import FeatureSpace
from .channels import Pair, TrainingSet, read_categories, read_pair
from .checkpoints import checkpoint

CHECKPOINT_SECONDS = 30.0
"""The most work that is lost with a job."""

_ROWS_AT_ONCE = 2**13
_LEARNT_BY = ("alpha", "background_strength", "background_share", "fit_prior", "passes")
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walk over the files, as far as it got."""

    number: int
    """0 for the plain fit, then the passes."""
    next_pair: int
    sums: ClassSums
    """Of this walk."""
    known: ClassSums | None
    """What the naive Bayes is made of that this walk asks; its totals and records are those of the plain fit."""
    n_nonzero: int


@dataclass(frozen=True, slots=True)
class StreamedFit:
    """A fit over pairs of files that are read again in each pass."""

    pairs: Sequence[Pair]
    settings: argparse.Namespace
    space: FeatureSpace
    categories: tuple[str, ...]
    n_records: int
    path: Path
    """Where what is counted is kept, in case that the job is stopped."""

    @classmethod
    def begin(cls, pairs: Sequence[Pair], settings: argparse.Namespace) -> StreamedFit:
        """Read which categories there are, and which features."""
        categories: set[str] = set()
        n_records = 0
        for pair in pairs:
            names = read_categories(pair.labels)
            categories.update(names)
            n_records += len(names)
        space = read_pair(pairs[0], None).space
        learnt_by = [getattr(settings, name) for name in _LEARNT_BY]
        files = (path for pair in pairs for path in (pair.features, pair.labels))
        path = checkpoint("sums", (learnt_by, space), files)
        return cls(pairs, settings, space, tuple(sorted(categories)), n_records, path)

    def run(self) -> tuple[MultinomialNB, int]:
        """Make all passes, or those that are left; return the naive Bayes, and how many values there are."""
        walk = self._resumed() or self._first()
        estimator = self._naive_bayes(walk.known) if walk.known else None
        while True:
            walk = self._walked(walk, estimator)
            if estimator is None:
                known = walk.sums
                estimator = self._naive_bayes(known)
            else:
                assert walk.known
                add_pass(estimator, walk.sums)
                known = replace(walk.known, values=estimator.feature_count_.T)
            if walk.number >= self.settings.passes:
                return estimator, walk.n_nonzero
            walk = _Walk(walk.number + 1, 0, self._no_sums(), known, walk.n_nonzero)

    def accuracy(self, estimator: MultinomialNB) -> float:
        """Return the share of the records that are answered rightly, in a walk of its own."""
        answers = partial(_answers, answering(estimator))
        right = 0
        for _, part, own in self._parts("answered", 0):
            right += int((np.concatenate(_in_threads(answers, part.matrix, own)) == own).sum())
        return right / self.n_records

    def first_rows(self, most: int) -> sp.csr_array:
        """Return the rows that the files begin with."""
        rows: list[sp.csr_array] = []
        for pair in self.pairs:
            rows.append(read_pair(pair, self.space).matrix[: most - sum(part.shape[0] for part in rows)].copy())
            if sum(part.shape[0] for part in rows) >= most:
                break
        return sp.vstack(rows, format="csr")

    def finish(self) -> None:
        """Remove what was kept in case that the job is stopped."""
        self.path.unlink(missing_ok=True)

    def _no_sums(self) -> ClassSums:
        return ClassSums.none(self.categories, self.space.n_features)

    def _first(self) -> _Walk:
        return _Walk(0, 0, self._no_sums(), None, 0)

    def _naive_bayes(self, known: ClassSums) -> MultinomialNB:
        alpha: float | NDArray[np.float64] = self.settings.alpha
        if self.settings.background_strength is not None:
            alpha = alpha_of_totals(known.totals, self.settings.background_strength, self.settings.background_share)
        return naive_bayes(known, alpha, self.settings.fit_prior)

    def _walked(self, walk: _Walk, estimator: MultinomialNB | None) -> _Walk:
        """Walk over the files that are left."""
        written = time.monotonic()
        what = f"pass {walk.number}: counted" if walk.number else "counted"
        asked = None if estimator is None else answering(estimator)
        for number, part, own in self._parts(what, walk.next_pair):
            weights = None
            if asked is not None:
                weights = np.concatenate(_in_threads(partial(doubts, asked), part.matrix, own))
            for rows, here in _runs(part.matrix, own):
                walk.sums.add(rows, here, None if weights is None else weights[: len(here)])
                weights = None if weights is None else weights[len(here) :]
            walk = replace(
                walk, next_pair=number + 1, n_nonzero=walk.n_nonzero + (0 if walk.number else part.matrix.nnz)
            )
            if time.monotonic() - written >= CHECKPOINT_SECONDS:
                self._keep(walk)
                written = time.monotonic()
        self._keep(walk)
        return walk

    def _parts(self, what: str, first: int) -> Iterator[tuple[int, TrainingSet, NDArray[np.intp]]]:
        """Yield what is in the files from one on, with the numbers of the files, and of the rows' categories."""
        sizes = [pair.n_bytes for pair in self.pairs]
        progress = Progress(what, sum(sizes), sum(sizes[:first]))
        place = {name: number for number, name in enumerate(self.categories)}
        for number in range(first, len(self.pairs)):
            part = read_pair(self.pairs[number], self.space)
            own = np.fromiter(map(place.__getitem__, part.categories), np.intp, len(part.categories))
            yield number, part, own
            progress.add(len(own), sizes[number])
        progress.say()

    def _keep(self, walk: _Walk) -> None:
        arrays = {"values": walk.sums.values, "totals": walk.sums.totals, "records": walk.sums.records}
        if walk.known:
            known = {"values": walk.known.values, "totals": walk.known.totals, "records": walk.known.records}
            arrays |= {f"known_{name}": array for name, array in known.items()}
        facts = {"number": walk.number, "next_pair": walk.next_pair, "n_nonzero": walk.n_nonzero}
        write_arrays(self.path, facts, arrays)

    def _resumed(self) -> _Walk | None:
        """Return the walk that an earlier job was stopped in."""
        if not self.path.is_file():
            return None
        kept = ArrayFile.open(self.path)
        facts = kept.facts
        where = f"pass {facts['number']}, after {facts['next_pair']} of {len(self.pairs)} file(s)"
        print(f"going on where an earlier job was stopped: {where}", flush=True)
        known = self._read_sums(kept, "known_") if facts["number"] else None
        return _Walk(facts["number"], facts["next_pair"], self._read_sums(kept, ""), known, facts["n_nonzero"])

    def _read_sums(self, kept: ArrayFile, prefix: str) -> ClassSums:
        values, totals, records = (kept.read(prefix + name) for name in ("values", "totals", "records"))
        return ClassSums(self.categories, values, totals, records)


def _answers(estimator: MultinomialNB, matrix: sp.csr_array, own: NDArray[np.intp]) -> NDArray[np.intp]:
    if not len(own):
        return np.empty(0, np.intp)
    found: NDArray[np.intp] = estimator.predict_joint_log_proba(matrix).argmax(axis=1)
    return found


def _in_threads(
    work: Callable[[sp.csr_array, NDArray[np.intp]], _Found], matrix: sp.csr_array, own: NDArray[np.intp]
) -> list[_Found]:
    """Do work on runs of rows, in order, at least one for each processor; scipy multiplies as many at once."""
    share = max(1, math.ceil(len(own) / (os.cpu_count() or 1)))
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda run: work(*run), _runs(matrix, own, min(share, _ROWS_AT_ONCE))))


def _runs(
    matrix: sp.csr_array, own: NDArray[np.intp], at_once: int = _ROWS_AT_ONCE
) -> Iterator[tuple[sp.csr_array, NDArray[np.intp]]]:
    """Cut rows into runs; nothing but the row pointers is copied."""
    for start in range(0, max(len(own), 1), at_once):
        indptr = matrix.indptr[start : start + at_once + 1]
        here = slice(indptr[0], indptr[-1])
        shape = len(indptr) - 1, matrix.shape[1]
        rows = sp.csr_array((matrix.data[here], matrix.indices[here], indptr - indptr[0]), shape=shape)
        yield rows, own[start : start + at_once]
