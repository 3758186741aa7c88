"""What a term weighs, learnt from counts: how rare it is and, where asked for, how well it tells the categories apart.

In numpy alone and apart from the texts, so that choosing settings can learn the weights anew in each fold.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

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
        idf = (_smooth if self.idf is Idf.SMOOTH else _plain)(document_frequency, counts.n_rows)
        if self.category_floor is None:
            return idf
        assert categories is not None
        correlation = largest_phi(counts, categories, document_frequency)
        return (idf * (correlation + self.category_floor)).astype(np.float32)


def _smooth(document_frequency: NDArray[np.intp], n_texts: int) -> NDArray[np.float32]:
    """Compute in float32, step by step as `TfidfTransformer.fit` does."""
    weights = np.full(len(document_frequency), n_texts + 1, np.float32)
    weights /= document_frequency.astype(np.float32) + np.float32(1)
    np.log(weights, out=weights)
    weights += np.float32(1)
    return weights


def _plain(document_frequency: NDArray[np.intp], n_texts: int) -> NDArray[np.float32]:
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
    n_texts, n_features = counts.n_rows, counts.n_features
    frequency = document_frequency.astype(np.float64)
    spread = np.sqrt(frequency * (n_texts - frequency))
    largest = np.zeros(n_features)
    sizes = np.bincount(categories)
    # One number per category and term: the texts of a category that hold the term, for all in one pass over the rows.
    of_entry = np.repeat(categories, np.diff(counts.indptr))
    order = np.argsort(of_entry, kind="stable")
    terms, ends = counts.indices[order], np.cumsum(np.bincount(of_entry, minlength=len(sizes)))
    for size, start, end in zip(sizes, np.concatenate([[0], ends[:-1]]), ends, strict=True):
        if 0 < size < n_texts:
            both = np.bincount(terms[start:end], minlength=n_features)
            deviation = np.abs(both * float(n_texts) - frequency * size) / np.sqrt(float(size) * (n_texts - size))
            np.maximum(largest, deviation, out=largest)
    return np.divide(largest, spread, out=np.zeros(n_features), where=spread > 0)
