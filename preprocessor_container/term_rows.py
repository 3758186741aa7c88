"""Tokens to rows of weighted terms: counting and the TF-IDF arithmetic, in numpy alone, for fitting and serving alike.

The arithmetic follows scikit-learn's `TfidfTransformer` operation by operation (which are done in float32, which in
float64, and in which order), so that a row served from plain arrays has the very bits of the fitted estimator's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from tokens import Tokenizer, TokenKind, tokenizer

_BATCH_CHARACTERS = 2**20
_TEXT_OVERHEAD = 100
"""Characters that an empty text counts for: its arrays take memory too."""


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
        if size and size + len(text) > _BATCH_CHARACTERS:
            yield texts[start:position]
            start, size = position, 0
        size += len(text) + _TEXT_OVERHEAD
    if start < len(texts):
        yield texts[start:]


def look_up(tokens: Iterable[bytes], vocabulary: Mapping[bytes, int]) -> NDArray[np.int32]:
    """Return each token's column; `len(vocabulary)` stands for a token that is no term."""
    return np.fromiter(map(vocabulary.get, tokens, repeat(len(vocabulary))), np.int32)


def count_terms(texts: Sequence[NDArray[np.int32]], n_features: int) -> TermRows:
    """Count how often each term stands in each text.

    Parameters
    ----------
    texts : sequence of arrays of shape (n_tokens,)
        Each text's tokens as columns; `n_features` and above are passed over.
    n_features : int

    Returns
    -------
    TermRows: one row per text, the counts as float32.
    """
    columns = np.concatenate(texts)
    # One number per token that sorts by text, then by term; equal ones are then the same term of the same text.
    keys = np.repeat(np.arange(len(texts)) * n_features, [len(text) for text in texts]) + columns
    keys = keys[columns < n_features]
    keys.sort()
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    counts = np.diff(starts, append=len(keys))
    rows, indices = np.divmod(keys[starts], max(n_features, 1))
    indptr = np.zeros(len(texts) + 1, np.int32)
    np.cumsum(np.bincount(rows, minlength=len(texts)), out=indptr[1:])
    return TermRows(indptr, indices.astype(np.int32), counts.astype(np.float32), n_features)


def weigh(counts: TermRows, weights: NDArray[np.float32], log_counts: bool = False) -> TermRows:
    """Multiply each count by its term's weight and scale each row to unit Euclidean length.

    Parameters
    ----------
    counts : TermRows
    weights : array of shape (n_features,)
    log_counts : bool
        Whether ln(1 + count) stands for the count.

    Returns
    -------
    TermRows: an empty row stays empty.
    """
    values = (np.log1p(counts.values) if log_counts else counts.values) * weights[counts.indices]
    rows = np.repeat(np.arange(counts.n_rows), np.diff(counts.indptr))
    # bincount adds in float64, one after the other, as scikit-learn's normalisation does; reduceat adds in pairs.
    norms = np.sqrt(np.bincount(rows, weights=values * values, minlength=counts.n_rows))
    norms[norms == 0] = 1  # a row of terms that weigh nothing stays as it is
    return TermRows(counts.indptr, counts.indices, (values / norms[rows]).astype(np.float32), counts.n_features)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How texts become rows, apart from what fitting learnt."""

    tokens: TokenKind
    subject: bool = False
    """Whether the words of a text's subject are terms of their own."""
    log_counts: bool = False
    """Whether ln(1 + count) stands for the count."""

    def tokenizer(self) -> Tokenizer:
        return tokenizer(self.tokens, self.subject)


@dataclass(frozen=True, slots=True)
class FittedTerms:
    """What fitting learnt, and the recipe: all that is needed to turn texts into rows."""

    recipe: Recipe
    vocabulary: Mapping[bytes, int]
    """Each term's column."""
    weights: NDArray[np.float32]
    """Shape (n_features,)."""

    def rows(self, texts: Sequence[str]) -> Iterator[TermRows]:
        """Yield the rows of `texts`, in order, one batch at a time."""
        tokenize = self.recipe.tokenizer()
        for batch in batches(texts):
            columns = [look_up(tokenize(text), self.vocabulary) for text in batch]
            yield weigh(count_terms(columns, len(self.vocabulary)), self.weights, self.recipe.log_counts)
