"""Tokens to rows of weighted terms: counting and the TF-IDF arithmetic, in numpy alone, for fitting and serving alike.

The arithmetic follows scikit-learn's `TfidfTransformer` operation by operation (which are done in float32, which in
float64, and in which order), so that a row served from plain arrays has the very bits of the fitted estimator's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .neighbour_pairs import hash_pairs, words_of, words_of_one
from .term_index import Vocabulary
from .token_hashes import PADDING, RUN_BYTES, Run, find_tokens, hash_tokens, token_runs
from .tokens import Spacer, Tokenizer, TokenKind, spacer, tokenizer

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


def count_terms(columns: NDArray[np.int32], texts: NDArray[np.intp], n_texts: int, n_features: int) -> TermRows:
    """Count how often each term stands in each text.

    Parameters
    ----------
    columns : array of shape (n_tokens,)
        Each token's column; `n_features` stands for a token that is no term.
    texts : array of shape (n_tokens,)
        The number of each token's text.
    n_texts, n_features : int

    Returns
    -------
    TermRows
        One row per text, the counts as float32.
    """
    # One number per token that sorts by text, then by term; equal ones are then the same term of the same text.
    keys = (texts * n_features + columns)[columns < n_features]
    keys.sort()
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    counts = np.diff(starts, append=len(keys))
    rows, indices = np.divmod(keys[starts], max(n_features, 1))
    indptr = np.zeros(n_texts + 1, np.int32)
    np.cumsum(np.bincount(rows, minlength=n_texts), out=indptr[1:])
    return TermRows(indptr, indices.astype(np.int32), counts.astype(np.float32), n_features)


def weigh(counts: TermRows, weights: NDArray[np.float32], log_counts: bool = False) -> TermRows:
    """Multiply each count by its term's weight and scale each row to unit Euclidean length.

    Parameters
    ----------
    counts : TermRows
        TermRows.
    weights : array of shape (n_features,)
    log_counts : bool
        Whether ln(1 + count) stands for the count.

    Returns
    -------
    TermRows
        An empty row stays empty.
    """
    values = (np.log1p(counts.values) if log_counts else counts.values) * weights[counts.indices]
    rows = np.repeat(np.arange(counts.n_rows), np.diff(counts.indptr))
    # bincount adds in float64, one after the other, as scikit-learn's normalisation does; reduceat adds in pairs.
    norms = np.sqrt(np.bincount(rows, weights=values * values, minlength=counts.n_rows))
    norms[norms == 0] = 1  # a row of terms that weigh nothing stays as it is
    return TermRows(counts.indptr, counts.indices, (values / norms[rows]).astype(np.float32), counts.n_features)


def count_terms_of_one(columns: NDArray[np.int32], n_features: int) -> TermRows:
    """Return `count_terms` of the tokens of one text, in a fraction of its time. One of `columns` must be `n_features`;
    they get sorted.
    """
    columns.sort()
    ends = (columns[1:] != columns[:-1]).nonzero()[0]  # each term's last one; what is no term stands behind them
    indices = columns.take(ends)
    ends[1:] -= ends[:-1]
    ends[:1] += 1
    return TermRows(np.array([0, len(indices)], np.int32), indices, ends.astype(np.float32), n_features)


def weigh_one(counts: TermRows, weights: NDArray[np.float32], log_counts: bool = False) -> TermRows:
    """Return `weigh` of a single row, in a fraction of its time."""
    values = (np.log1p(counts.values) if log_counts else counts.values) * weights.take(counts.indices)
    squares = np.add.accumulate(values * values, dtype=np.float64)  # one after the other, as in `weigh`
    norm = np.sqrt(squares[-1]) if len(squares) and squares[-1] else 1
    return TermRows(counts.indptr, counts.indices, (values / norm).astype(np.float32), counts.n_features)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How texts become rows, apart from what fitting learnt."""

    tokens: TokenKind
    subject: bool = False
    """Whether the words of a text's subject are terms of their own."""
    log_counts: bool = False
    """Whether ln(1 + count) stands for the count."""
    pairs: bool = False
    """Whether pairs of neighbouring words are terms too."""

    def spacer(self) -> Spacer:
        return spacer(self.tokens, self.subject)

    def tokenizer(self) -> Tokenizer:
        return tokenizer(self.tokens, self.subject, self.pairs)


@dataclass(frozen=True, slots=True)
class FittedTerms:
    """What fitting learnt, and the recipe: all that is needed to turn texts into rows."""

    recipe: Recipe
    vocabulary: Vocabulary
    weights: NDArray[np.float32]
    """Shape (n_features,)."""

    def rows(self, texts: Sequence[str]) -> Iterator[TermRows]:
        """Yield the rows of `texts`, in order, one batch at a time."""
        space = self.recipe.spacer()
        if len(texts) == 1 and len(spaced := space(texts[0])) <= RUN_BYTES:
            yield self._row(b"".join((b" ", spaced, PADDING)))
            return
        for batch in batches(texts):
            found = [part for run in token_runs(batch, space) for part in self._found(run)]
            columns, numbers = (np.concatenate(parts) for parts in zip(*found, strict=True))
            yield weigh(
                count_terms(columns, numbers, len(batch), len(self.weights)), self.weights, self.recipe.log_counts
            )

    def _found(self, run: Run) -> Iterator[tuple[NDArray[np.int32], NDArray[np.intp]]]:
        """Yield the columns of a run's tokens, and of its pairs, each with the texts that they stand in."""
        yield self.vocabulary.table.find(run.hashes), run.texts
        if self.recipe.pairs:
            words = words_of(run.spaced, run.starts, run.ends)
            hashes, texts = run.hashes[words], run.texts[words]
            together = texts[1:] == texts[:-1]
            pairs = hash_pairs(hashes[:-1][together], hashes[1:][together])
            yield self.vocabulary.table.find(pairs), texts[1:][together]

    def _row(self, spaced: bytes) -> TermRows:
        starts, ends = find_tokens(spaced)
        hashes = hash_tokens(spaced, starts, ends)
        if self.recipe.pairs:
            words = hashes[words_of_one(spaced, starts, ends)]
            hashes = np.concatenate([hashes, hash_pairs(words[:-1], words[1:])])
        columns = self.vocabulary.table.find_few(hashes)
        return weigh_one(count_terms_of_one(columns, len(self.weights)), self.weights, self.recipe.log_counts)
