"""The training texts, cut into tokens once, from which trials count as many as they need."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from ..features.distinct_tokens import NumberedTokens
from ..features.subject_terms import PREFIX
from ..features.term_numbering import NumberedTerms
from ..features.term_rows import count_terms
from ..features.text_vectorizer import TextVectorizer
from .folds import N_FINER, N_FOLDS
from .trials import CountedTexts, TermKinds

_SEED = 0


@dataclass(frozen=True, slots=True)
class TrainingTokens:
    """Records, and behind them the copies of some."""

    found: NumberedTokens
    categories: NDArray[np.intp]
    """Shape (n_texts,)."""
    record_of: NDArray[np.intp]
    """Shape (n_texts,): which record a text is, or is a copy of."""
    record_folds: NDArray[np.intp]
    """Shape (n_records,)."""
    ordered: bool
    finer_folds: NDArray[np.intp] | None = None
    """Shape (n_records,), where there are such."""

    @property
    def n_records(self) -> int:
        return len(self.record_folds)

    @property
    def n_categories(self) -> int:
        return int(self.categories.max()) + 1

    def dealt_finer(self, counted: CountedTexts) -> CountedTexts | None:
        """Return all texts, counted before, in finer folds, where there are such."""
        if self.finer_folds is None:
            return None
        return replace(counted, folds=self.finer_folds[self.record_of], n_folds=N_FINER, n_dealt=N_FINER)

    def counted(
        self, vectorizer: TextVectorizer, n_records: int, with_pairs: bool, n_folds: int = N_FOLDS
    ) -> CountedTexts:
        """Count some of the records, always the same ones, and their copies: with stop words, with pairs or without.

        Parameters
        ----------
        vectorizer : TextVectorizer
            What counts as a term apart from that; it stays as it is.
        n_records : int
        with_pairs : bool
        n_folds : int
            How many of the folds are asked.
        """
        chosen = np.zeros(self.n_records, np.bool_)
        chosen[np.random.default_rng(_SEED).permutation(self.n_records)[:n_records]] = True
        texts = chosen[self.record_of]
        found = self.found if texts.all() else self.found.of_texts(texts)
        counting = clone(vectorizer).set_params(keep_stop_words=True, pair_weight=float(with_pairs))
        terms = counting.number_terms(found)
        return CountedTexts(
            count_terms(terms.numbers, terms.texts, found.n_texts, terms.n_terms),
            self.categories[texts],
            self.record_folds[self.record_of][texts],
            self.ordered,
            (np.arange(len(texts)) >= self.n_records)[texts],
            _kinds(counting, found, terms),
            n_folds,
            terms,
        )


def _kinds(counting: TextVectorizer, found: NumberedTokens, terms: NumberedTerms) -> TermKinds:
    of_stop_words = found.among({word.encode() for word in counting.stop_words})
    of_pairs = terms.seconds >= 0
    return TermKinds(
        found.begin_with(PREFIX)[terms.firsts],
        of_pairs,
        of_stop_words[terms.firsts] | (of_pairs & of_stop_words[terms.seconds]),
        counting.least_pair_texts,
    )
