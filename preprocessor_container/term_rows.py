"""Tokens to rows of weighted terms: counting and the TF-IDF arithmetic, in numpy alone, for fitting and serving alike.

The arithmetic follows scikit-learn's `TfidfTransformer` operation by operation (which are done in float32, which in
float64, and in which order), so that a row served from plain arrays has the very bits of the fitted estimator's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat

import numpy as np
from numpy.typing import NDArray

from tokens import Tokenizer

_CHARACTERS_PER_BATCH = 2**20
"""Tokens cost about ten bytes of memory per character of text; this bounds them to some ten megabytes however many
texts there are.
"""


@dataclass(frozen=True, slots=True)
class TermRows:
    """Sparse rows in CSR form; the column indices ascend within each row."""

    indptr: NDArray[np.int32]
    """Shape (n_rows + 1,): row r is at indptr[r]:indptr[r + 1]."""
    indices: NDArray[np.int32]
    """Shape (n_nonzero,)."""
    values: NDArray[np.float32]
    """Shape (n_nonzero,)."""
    n_features: int

    @property
    def n_rows(self) -> int:
        return len(self.indptr) - 1


def batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut texts into runs of about a megabyte, so that memory is bounded by the run and not by the request."""
    start = size = 0
    for position, text in enumerate(texts):
        if size and size + len(text) > _CHARACTERS_PER_BATCH:
            yield texts[start:position]
            start, size = position, 0
        size += len(text)
    if start < len(texts):
        yield texts[start:]


def look_up(token_lists: Sequence[Sequence[bytes]], vocabulary: Mapping[bytes, int]) -> NDArray[np.int32]:
    """Return the index of each token of all lists, one after the other; `len(vocabulary)` stands for an unknown one."""
    indices = map(vocabulary.get, chain.from_iterable(token_lists), repeat(len(vocabulary)))
    return np.fromiter(indices, np.int32, count=sum(map(len, token_lists)))


def count_terms(indices: NDArray[np.int32], lengths: Iterable[int], n_features: int) -> TermRows:
    """Count how often each term stands in each text.

    Parameters
    ----------
    indices : array of shape (n_tokens,)
        The terms of all texts, one text after the other; `n_features` and above are passed over.
    lengths : iterable of int
        How many tokens each text has.
    n_features : int

    Returns
    -------
    TermRows: one row per text, the counts as float32.
    """
    row_lengths = np.fromiter(lengths, np.int64)
    # One number per token that sorts by text, then by term; equal ones are then the same term of the same text.
    keys = np.repeat(np.arange(len(row_lengths)) * n_features, row_lengths) + indices
    keys = keys[indices < n_features]
    keys.sort()
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    counts = np.diff(starts, append=len(keys))
    rows, columns = np.divmod(keys[starts], max(n_features, 1))
    indptr = np.zeros(len(row_lengths) + 1, np.int32)
    np.cumsum(np.bincount(rows, minlength=len(row_lengths)), out=indptr[1:])
    return TermRows(indptr, columns.astype(np.int32), counts.astype(np.float32), n_features)


def weigh(counts: TermRows, weights: NDArray[np.float32]) -> TermRows:
    """Multiply each count by its term's weight and scale each row to unit Euclidean length.

    Parameters
    ----------
    counts : TermRows
    weights : array of shape (n_features,)

    Returns
    -------
    TermRows: an empty row stays empty.
    """
    values = counts.values * weights[counts.indices]
    rows = np.repeat(np.arange(counts.n_rows), np.diff(counts.indptr))
    # bincount adds in float64, one after the other, as scikit-learn's normalisation does; reduceat adds in pairs.
    norms = np.sqrt(np.bincount(rows, weights=values * values, minlength=counts.n_rows))
    norms[norms == 0] = 1
    return TermRows(counts.indptr, counts.indices, (values / norms[rows]).astype(np.float32), counts.n_features)


@dataclass(frozen=True, slots=True)
class FittedTerms:
    """What fitting learnt: all that is needed to turn texts into rows."""

    tokenize: Tokenizer
    vocabulary: Mapping[bytes, int]
    """Each term's column."""
    weights: NDArray[np.float32]
    """Shape (n_features,)."""

    def rows(self, texts: Sequence[str]) -> Iterator[TermRows]:
        """Yield the rows of `texts`, in order, one batch at a time."""
        for batch in batches(texts):
            token_lists = [self.tokenize(text) for text in batch]
            indices = look_up(token_lists, self.vocabulary)
            yield weigh(count_terms(indices, map(len, token_lists), len(self.vocabulary)), self.weights)
