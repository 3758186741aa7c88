"""What a term weighs, learnt from counts: how rare it is and, where asked for, how well it tells the categories apart.

In numpy alone and apart from the texts, so that choosing settings can learn the weights anew in each fold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .term_rows import TermRows


class Idf(StrEnum):
    """How the inverse document frequency is computed, of `n` texts of which `df` hold the term."""

    SMOOTH = "smooth"
    """ln((1 + n) / (1 + df)) + 1, scikit-learn's default."""

    PLAIN = "plain"
    """ln(n / df): a term that stands in every text weighs nothing."""


@dataclass(frozen=True, slots=True)
class DocumentFrequencies:
    """In how many texts each term stands, and, where that is needed, in how many of each category: what weights are
    learnt from.
    """

    totals: NDArray[np.int64]
    """Shape (n_features,)."""
    category_texts: NDArray[np.int64]
    """Shape (n_categories,): how many texts there are."""
    terms: NDArray[np.intp]
    """Shape (n_entries,): columns; by category, and in each no column twice."""
    categories: NDArray[np.int32]
    """Shape (n_entries,), ascending."""
    texts: NDArray[np.int64]
    """Shape (n_entries,): in how many texts of the category the term stands."""

    @property
    def n_texts(self) -> int:
        return int(self.category_texts.sum())

    def by_category(self) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Yield of each category how many texts it has, and how many of them hold each term."""
        ends = np.searchsorted(self.categories, np.arange(len(self.category_texts)), side="right")
        for size, start, end in zip(self.category_texts, np.append(0, ends[:-1]), ends, strict=True):
            both = np.zeros(len(self.totals), np.int64)
            both[self.terms[start:end]] = self.texts[start:end]
            yield int(size), both


@dataclass(frozen=True, slots=True)
class Weighting:
    """How terms are weighted; the parameters of `TextVectorizer` of the same names say more."""

    idf: Idf = Idf.SMOOTH
    category_floor: float | None = None

    def weights(self, counts: TermRows, categories: NDArray[np.intp] | None) -> NDArray[np.float32]:
        """Learn each term's weight.

        Parameters
        ----------
        counts : TermRows
            The texts; what is counted is in how many of them a term stands.
        categories : array of shape (n_rows,), or None
            Each text's category as a number from 0; needed where `category_floor` is set.

        Returns
        -------
        ndarray of shape (n_features,), float32
            0 for a term that stands in no text, with `Idf.PLAIN`.
        """
        document_frequency = np.bincount(counts.indices, minlength=counts.n_features)
        idf = self._idf(document_frequency, counts.n_rows)
        if self.category_floor is None:
            return idf
        assert categories is not None
        return self._told_apart(idf, largest_phi(counts, categories, document_frequency))

    def weights_from(self, frequencies: DocumentFrequencies) -> NDArray[np.float32]:
        """Return what `weights` learns from the texts with these frequencies, to the last bit."""
        idf = self._idf(frequencies.totals, frequencies.n_texts)
        if self.category_floor is None:
            return idf
        phi = _largest_phi(frequencies.totals, frequencies.n_texts, frequencies.by_category())
        return self._told_apart(idf, phi)

    def _idf(self, document_frequency: NDArray[np.integer[Any]], n_texts: int) -> NDArray[np.float32]:
        return (_smooth if self.idf is Idf.SMOOTH else _plain)(document_frequency, n_texts)

    def _told_apart(self, idf: NDArray[np.float32], correlation: NDArray[np.float64]) -> NDArray[np.float32]:
        assert self.category_floor is not None
        return (idf * (correlation + self.category_floor)).astype(np.float32)


def _smooth(document_frequency: NDArray[np.integer[Any]], n_texts: int) -> NDArray[np.float32]:
    """Compute in float32, step by step as `TfidfTransformer.fit` does."""
    weights = np.full(len(document_frequency), n_texts + 1, np.float32)
    weights /= document_frequency.astype(np.float32) + np.float32(1)
    np.log(weights, out=weights)
    weights += np.float32(1)
    return weights


def _plain(document_frequency: NDArray[np.integer[Any]], n_texts: int) -> NDArray[np.float32]:
    return np.log(n_texts / np.where(document_frequency, document_frequency, n_texts)).astype(np.float32)


def largest_phi(
    counts: TermRows, categories: NDArray[np.intp], document_frequency: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return, for each term, the largest |phi| over the categories: the correlation between "the term is in the text"
    and "the text is of the category", which is the square root of chi-squared over the number of texts.

    Notes
    -----
    With n texts, df of them with the term, m of the category and a of both, phi is
    (a n - df m) / sqrt(df (n - df) m (n - m)). See Yule, "On the Methods of Measuring Association Between Two
    Attributes", Journal of the Royal Statistical Society 75, 1912.

    Returns
    -------
    ndarray of shape (n_features,)
        From 0 to 1; 0 for a term that stands in all texts or in none.
    """
    return _largest_phi(document_frequency, counts.n_rows, _by_category(counts, categories))


def _by_category(counts: TermRows, categories: NDArray[np.intp]) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Yield of each category how many texts it has, and how many of them hold each term: all in one pass over them."""
    sizes = np.bincount(categories)
    of_entry = np.repeat(categories, np.diff(counts.indptr))
    order = np.argsort(of_entry, kind="stable")
    terms, ends = counts.indices[order], np.cumsum(np.bincount(of_entry, minlength=len(sizes)))
    for size, start, end in zip(sizes, np.concatenate([[0], ends[:-1]]), ends, strict=True):
        yield int(size), np.bincount(terms[start:end], minlength=counts.n_features)


def _largest_phi(
    document_frequency: NDArray[np.integer[Any]],
    n_texts: int,
    by_category: Iterable[tuple[int, NDArray[np.integer[Any]]]],
) -> NDArray[np.float64]:
    frequency = document_frequency.astype(np.float64)
    spread = np.sqrt(frequency * (n_texts - frequency))
    largest = np.zeros(len(frequency))
    for size, both in by_category:
        if 0 < size < n_texts:
            deviation = np.abs(both * float(n_texts) - frequency * size) / np.sqrt(float(size) * (n_texts - size))
            np.maximum(largest, deviation, out=largest)
    return np.divide(largest, spread, out=np.zeros(len(frequency)), where=spread > 0)
