"""Counts of terms on disk: runs of a corpus, each in order, so that a vocabulary of any size is merged a piece at a
time; and where counting goes on when the job was stopped.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..features.packed_words import PackedWords
from ..features.term_counts import COLUMNS, KeptTerms, TermCounts, kept_terms, used_words
from ..features.term_numbering import TermRule
from .array_files import ArrayFile, write_arrays
from .chunk_counts import ChunkCounts

ROWS_IN_MEMORY = 2**20
"""What is counted beyond that goes to disk; a row takes some thirty bytes, and thrice that where rows are merged."""

RUN_SECONDS = 60.0
"""The most work that is lost with a job."""

_PIECE_BITS = 12
_PIECES = 2**_PIECE_BITS
_WORDS = ("hashes", "ends", "letters")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a corpus: before a chunk of a file."""

    file: int
    chunk: int


class CountRuns:
    """The counts of a corpus up to a place.

    Parameters
    ----------
    directory : Path
        What is there already was counted by the same job before it was stopped, and is taken up.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._runs = _chain(directory)
        self._waiting: list[ChunkCounts] = []
        self._n_waiting = 0
        self._written = time.monotonic()
        facts = [run.facts for run in self._runs]
        self.place = Place(*facts[-1]["end"]) if facts else Place(0, 0)
        self.n_records = sum(fact["n_records"] for fact in facts)
        self.n_copies = sum(fact["n_copies"] for fact in facts)
        self._begin = self.place

    @property
    def n_bytes(self) -> int:
        """Return what the runs take on disk."""
        return sum(run.path.stat().st_size for run in self._runs)

    def add(self, counts: ChunkCounts, end: Place) -> None:
        """Take what was counted up to a place."""
        self._waiting.append(counts)
        self._n_waiting += counts.terms.n_rows
        self.n_records += counts.n_records
        self.n_copies += counts.n_copies
        self.place = end
        if self._n_waiting > ROWS_IN_MEMORY:
            self._merge()
        if self._n_waiting > ROWS_IN_MEMORY // 2 or time.monotonic() - self._written >= RUN_SECONDS:
            self.write()

    def write(self) -> None:
        """Write what is in memory as a run."""
        if self._waiting:
            self._merge()
            (counts,) = self._waiting
            path = self._directory / f"run-{len(self._runs):06}"
            _write_run(path, counts, self._begin, self.place)
            self._runs.append(ArrayFile.open(path))
        self._waiting, self._n_waiting, self._begin = [], 0, self.place
        self._written = time.monotonic()

    def kept(self, rule: TermRule) -> KeptTerms:
        """Return the terms that a rule keeps of all that was counted."""
        self.write()
        kept = kept_terms(self._pieces(), rule)
        hashes = used_words(kept.counts)
        words = [_read_words(run).among(hashes) for run in self._runs]
        return replace(kept, counts=replace(kept.counts, words=PackedWords.merged([PackedWords.of([]), *words])))

    def remove(self) -> None:
        """Remove the runs."""
        shutil.rmtree(self._directory, ignore_errors=True)

    def _merge(self) -> None:
        terms = TermCounts.merged([counts.terms for counts in self._waiting])
        records, copies = (sum(getattr(counts, name) for counts in self._waiting) for name in ("n_records", "n_copies"))
        self._waiting = [ChunkCounts(terms, records, copies)]
        self._n_waiting = terms.n_rows

    def _pieces(self) -> Iterator[TermCounts]:
        """Yield the counts of all runs by ranges of terms; how many texts there are comes with the first."""
        bounds = [run.read("bounds") for run in self._runs]
        sizes = np.diff(np.sum([np.zeros(_PIECES + 1, np.int64), *bounds], axis=0))
        first = True
        for start, stop in _ranges(sizes):
            places = (bound[[start, stop]].tolist() for bound in bounds)
            counts = TermCounts.merged([_read_rows(*each) for each in zip(self._runs, places, strict=True)])
            yield counts if first else replace(counts, category_texts=np.zeros_like(counts.category_texts))
            first = False


def _ranges(sizes: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Cut pieces into ranges that fit into memory."""
    start = size = 0
    for piece, more in enumerate(sizes.tolist()):
        if size and size + more > ROWS_IN_MEMORY:
            yield start, piece
            start, size = piece, 0
        size += more
    yield start, len(sizes)


def _chain(directory: Path) -> list[ArrayFile]:
    """Return the runs that are there, each of which begins where the one before ends."""
    runs: list[ArrayFile] = []
    for path in sorted(directory.glob("run-??????")):
        run = ArrayFile.open(path)
        if run.facts["begin"] == (runs[-1].facts["end"] if runs else [0, 0]):
            runs.append(run)
    return runs


def _write_run(path: Path, counts: ChunkCounts, begin: Place, end: Place) -> None:
    terms = counts.terms
    bounds = np.searchsorted(terms.keys >> np.uint64(64 - _PIECE_BITS), np.arange(_PIECES + 1, dtype=np.uint64))
    facts = {
        "begin": [begin.file, begin.chunk],
        "end": [end.file, end.chunk],
        "n_records": counts.n_records,
        "n_copies": counts.n_copies,
        "category_names": terms.category_names,
    }
    arrays: dict[str, NDArray[Any]] = {column: getattr(terms, column) for column in COLUMNS}
    words = {name: getattr(terms.words, name) for name in _WORDS}
    write_arrays(path, facts, {**arrays, **words, "category_texts": terms.category_texts, "bounds": bounds})


def _read_rows(run: ArrayFile, place: list[int]) -> TermCounts:
    firsts, seconds, categories, texts = (run.read(column, *place) for column in COLUMNS)
    names = tuple(run.facts["category_names"])
    no_words = PackedWords.of([])
    return TermCounts(firsts, seconds, categories, texts, no_words, names, run.read("category_texts"))


def _read_words(run: ArrayFile) -> PackedWords:
    return PackedWords(*(run.read(name) for name in _WORDS))
