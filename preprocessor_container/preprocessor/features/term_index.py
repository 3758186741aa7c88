"""The vocabulary as a hash table in plain arrays: terms are found by thousands, and workers share mapped files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .neighbour_pairs import hash_pairs, is_pair
from .token_hashes import PADDING, find_tokens, hash_tokens
from .tokens import GLUE

_MOST_PLACES = 2**14
"""Places in the table that are looked at in one go, for a few hashes."""


@dataclass(frozen=True, slots=True)
class HashTable:
    """Hashes in ascending order, found by their upper bits: those of a bucket stand together."""

    hashes: NDArray[np.uint64]
    """Shape (n_terms + size of the largest bucket,): behind the terms there are zeros."""
    columns: NDArray[np.int32]
    """Each hash's column; behind the terms `n_terms`, which stands for no term."""
    buckets: NDArray[np.int32]
    """Shape (2**bits,): where the hashes with these upper bits begin."""
    n_terms: int

    @classmethod
    def of(cls, hashes: NDArray[np.uint64]) -> HashTable:
        """Make the table of hashes that all differ; the place of each is its column."""
        order = np.argsort(hashes)
        n_terms = len(hashes)
        bits = n_terms.bit_length() + 1
        bounds = np.searchsorted(hashes[order] >> np.uint64(64 - bits), np.arange(2**bits + 1))
        largest = max(1, int(np.diff(bounds).max()))
        return cls(
            np.append(hashes[order], np.zeros(largest, np.uint64)),
            np.append(order, np.full(largest, n_terms)).astype(np.int32),
            bounds[:-1].astype(np.int32),
            n_terms,
        )

    def check(self) -> None:
        """See that no search can leave the arrays.

        Raises
        ------
        ValueError
            If it could.
        """
        n_buckets = len(self.buckets)
        types = [array.dtype.name for array in (self.hashes, self.columns, self.buckets)]
        if (
            types != ["uint64", "int32", "int32"]
            or not len(self.hashes) == len(self.columns) > self.n_terms
            or n_buckets & (n_buckets - 1)
            or not 0 <= self.buckets.min(initial=0) <= self.buckets.max(initial=0) <= self.n_terms
            or not 0 <= self.columns.min() <= self.columns.max() <= self.n_terms
        ):
            raise ValueError("the hash table of the terms does not fit together")

    def find_few(self, hashes: NDArray[np.uint64]) -> NDArray[np.int32]:
        """Return the columns of the hashes that are there, in no order, and `n_terms` last; for the tokens of one text
        in a fraction of the time that `find` takes.
        """
        within = np.arange(len(self.hashes) - self.n_terms)
        if len(hashes) * len(within) > _MOST_PLACES:
            return np.append(self.find(hashes), self.columns[-1:])
        places = self.buckets.take(hashes >> self._shift) + within[:, np.newaxis]
        found = (self.hashes.take(places) == hashes).ravel()
        return np.concatenate((self.columns.take(places.compress(found)), self.columns[-1:]))

    def find(self, hashes: NDArray[np.uint64]) -> NDArray[np.int32]:
        """Return each hash's column, `n_terms` for one that is not there."""
        shift = self._shift
        places = self.buckets.take(hashes >> shift)
        differences = self.hashes.take(places) ^ hashes
        columns = self.columns.take(places)
        columns[differences != 0] = self.n_terms
        # Where another hash of the same bucket stands, the next one may be it.
        within = np.uint64((1 << int(shift)) - 1)
        near = (differences - np.uint64(1) < within).nonzero()[0]
        for _ in range(len(self.hashes) - self.n_terms - 1):
            if not len(near):
                break
            places[near] += 1
            differences = self.hashes.take(places[near]) ^ hashes[near]
            hits = near[differences == 0]
            columns[hits] = self.columns.take(places[hits])
            near = near[differences - np.uint64(1) < within]
        return columns

    @property
    def _shift(self) -> np.uint64:
        return np.uint64(65 - len(self.buckets).bit_length())


class Vocabulary(Mapping[bytes, int]):
    """Each term's column. Finding columns needs the table alone; the terms themselves are fetched when asked for.

    Parameters
    ----------
    table : HashTable
        HashTable.
    terms : callable
        Returns the terms in the order of their columns.
    """

    def __init__(self, table: HashTable, terms: Callable[[], Sequence[bytes]]) -> None:
        self.table = table
        self._fetch = terms

    @classmethod
    def of(cls, terms: Sequence[bytes]) -> Vocabulary:
        """Make the vocabulary of terms in the order of their columns."""
        return cls(HashTable.of(hash_terms(terms)), lambda: terms)

    def terms(self) -> Sequence[bytes]:
        """Return the terms in the order of their columns."""
        return self._fetch()

    def __getitem__(self, term: bytes) -> int:
        return self._columns[term]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._columns)

    def __len__(self) -> int:
        return self.table.n_terms

    @cached_property
    def _columns(self) -> dict[bytes, int]:
        return {term: column for column, term in enumerate(self._fetch())}


def hash_terms(terms: Sequence[bytes]) -> NDArray[np.uint64]:
    """Return the hashes of terms; a pair's is made of those of its words."""
    of_pairs = _of_pairs(terms)
    if not of_pairs.any():
        return _hash_tokens(terms)
    hashes = np.empty(len(terms), np.uint64)
    hashes[~of_pairs] = _hash_tokens([term for term, is_two in zip(terms, of_pairs, strict=True) if not is_two])
    words = [word for term, is_two in zip(terms, of_pairs, strict=True) if is_two for word in term.split(b" ")]
    of_words = _hash_tokens(words)
    hashes[of_pairs] = hash_pairs(of_words[0::2], of_words[1::2])
    return hashes


def _of_pairs(terms: Sequence[bytes]) -> NDArray[np.bool_]:
    """Say of each term whether it is a pair: few hold a blank, and those are found in all at once."""
    letters = np.frombuffer(b"\n".join(terms), np.uint8)
    of_pairs = np.zeros(len(terms), np.bool_)
    for place in np.unique(np.cumsum(letters == ord("\n"))[letters == ord(" ")]).tolist():
        of_pairs[place] = is_pair(terms[place])
    return of_pairs


def _hash_tokens(terms: Sequence[bytes]) -> NDArray[np.uint64]:
    spaced = b" " + b"\n".join(terms).replace(b" ", GLUE).replace(b"\n", b" ") + PADDING
    return hash_tokens(spaced, *find_tokens(spaced))
