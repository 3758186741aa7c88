"""Texts to numbers for fitting: which tokens there are, and which of them stands where."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .packed_words import PackedWords
from .term_index import HashTable
from .token_hashes import Run, token_runs
from .tokens import GLUE, Spacer


@dataclass(frozen=True, slots=True)
class NumberedTokens:
    """The tokens of some texts."""

    distinct: list[bytes]
    """Each token once."""
    numbers: NDArray[np.int32]
    """Shape (n_tokens,): for each token of the texts, in order, its place in `distinct`."""
    texts: NDArray[np.intp]
    """Shape (n_tokens,): the number of each token's text."""
    runs: NDArray[np.intp]
    """Shape (n_tokens,): a number that changes where a token is not looked at together with the one before."""
    n_texts: int

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what ascends as how often each number occurs: a fifth of the bytes."""
        counts = (np.bincount(ascending).astype(np.int32) for ascending in (self.texts, self.runs))
        return _unpickled, (self.distinct, self.numbers, *counts, self.n_texts)

    def begin_with(self, prefix: bytes) -> NDArray[np.bool_]:
        """Say of each distinct token whether it begins so."""
        return np.array([token.startswith(prefix) for token in self.distinct], np.bool_)

    def among(self, tokens: Set[bytes]) -> NDArray[np.bool_]:
        """Say of each distinct token whether it is one of these."""
        return np.array([token in tokens for token in self.distinct], np.bool_)

    def of_texts(self, chosen: NDArray[np.bool_]) -> NumberedTokens:
        """Return the tokens of the chosen texts (shape (n_texts,)), those numbered anew."""
        here = chosen[self.texts]
        there, numbers = np.unique(self.numbers[here], return_inverse=True)
        return NumberedTokens(
            [self.distinct[token] for token in there.tolist()],
            numbers.astype(np.int32),
            (np.cumsum(chosen) - 1)[self.texts[here]],
            self.runs[here],
            int(chosen.sum()),
        )


def _unpickled(
    distinct: list[bytes],
    numbers: NDArray[np.int32],
    of_texts: NDArray[np.int32],
    of_runs: NDArray[np.int32],
    n_texts: int,
) -> NumberedTokens:
    texts, runs = (np.repeat(np.arange(len(counts)), counts) for counts in (of_texts, of_runs))
    return NumberedTokens(distinct, numbers, texts, runs, n_texts)


@dataclass(frozen=True, slots=True)
class PackedTokens:
    """The tokens of some texts as `NumberedTokens` has them, without a Python object for each."""

    distinct: PackedWords
    numbers: NDArray[np.int32]
    texts: NDArray[np.intp]
    runs: NDArray[np.intp]
    n_texts: int


@dataclass(frozen=True, slots=True)
class _Found:
    """Tokens where they stand."""

    runs: list[Run]
    hashes: NDArray[np.uint64]
    """Those of the distinct tokens, ascending."""
    numbers: NDArray[np.int32]

    def texts(self) -> NDArray[np.intp]:
        return np.concatenate([run.texts for run in self.runs])

    def of_runs(self) -> NDArray[np.intp]:
        return np.repeat(np.arange(len(self.runs)), self._sizes())

    def _sizes(self) -> list[int]:
        return [len(run.hashes) for run in self.runs]

    def places(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        """Return of each distinct token one place: the run, and where it begins and ends there."""
        anywhere = np.empty(len(self.hashes), np.intp)
        anywhere[self.numbers] = np.arange(len(self.numbers))
        run_of = np.searchsorted(np.cumsum(self._sizes()), anywhere, side="right")
        starts = np.concatenate([run.starts for run in self.runs])[anywhere]
        return run_of, starts, np.concatenate([run.ends for run in self.runs])[anywhere]


def _find(texts: Sequence[str], space: Spacer) -> _Found:
    runs = list(token_runs(texts, space)) or [_NO_RUN]
    table = HashTable.of(_distinct(np.concatenate([run.hashes for run in runs])))
    numbers = np.concatenate([table.find(run.hashes) for run in runs])
    return _Found(runs, table.hashes[: table.n_terms], numbers)


def number_tokens(texts: Sequence[str], space: Spacer) -> NumberedTokens:
    """Cut texts into tokens, once, and number those."""
    found = _find(texts, space)
    places = zip(*(place.tolist() for place in found.places()), strict=True)
    distinct = [found.runs[run].spaced[start:end] for run, start, end in places]
    if any(GLUE in run.spaced for run in found.runs):
        distinct = [token.replace(GLUE, b" ") for token in distinct]
    return NumberedTokens(distinct, found.numbers, found.texts(), found.of_runs(), len(texts))


def pack_tokens(texts: Sequence[str], space: Spacer) -> PackedTokens:
    """Cut texts into tokens, once, and number those, as `number_tokens` does."""
    found = _find(texts, space)
    letters = np.frombuffer(b"".join([run.spaced for run in found.runs]), np.uint8)
    sizes = np.array([len(run.spaced) for run in found.runs])
    run_of, starts, ends = found.places()
    before = (np.cumsum(sizes) - sizes)[run_of]
    distinct = PackedWords.cut(found.hashes, letters, before + starts, ends - starts)
    distinct = replace(distinct, letters=np.where(distinct.letters == GLUE[0], np.uint8(ord(" ")), distinct.letters))
    return PackedTokens(distinct, found.numbers, found.texts(), found.of_runs(), len(texts))


def _distinct(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return each hash once, in order; `np.unique` goes through a hash table and takes ten times as long."""
    hashes.sort()
    is_first = np.ones(len(hashes), np.bool_)
    np.not_equal(hashes[1:], hashes[:-1], out=is_first[1:])
    return hashes[is_first]


_NO_RUN = next(token_runs([""], str.encode))
