"""The scikit-learn transformer from texts to sparse TF-IDF rows. Serving never imports this module: scikit-learn costs
a worker seconds.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.validation import check_is_fitted

from .distinct_tokens import NumberedTokens, number_tokens
from .neighbour_pairs import is_pair
from .subject_terms import PREFIX
from .term_index import Vocabulary
from .term_numbering import NumberedTerms, TermRule, joined, pair_terms, single_terms
from .term_rows import FittedTerms, Recipe, TermRows, count_terms, weigh
from .term_weighting import DocumentFrequencies, Idf, Weighting
from .tokens import TokenKind


class TextVectorizer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn texts into L2-normalised TF-IDF rows, in one pass over the tokens.

    With nothing but stop words set, the result equals `TfidfVectorizer(token_pattern=r"[a-z]{2,}", stop_words=...,
    dtype=np.float32)` bit for bit; `stock_vectorizer` returns that very object, fitted.

    Parameters
    ----------
    tokens : {"letters", "words"}, default="letters"
        What counts as a token, see `tokens.TokenKind`.
    stop_words : sequence of str, default=()
        Tokens that are left out, alone and in pairs; a subject's terms of their own keep them.
    keep_stop_words : bool, default=False
        Whether the stop words are terms all the same.
    subject_weight : float, default=0.0
        If above 0, the words of a text's subject and its pairs of neighbouring words are terms of their own, beside
        those of the text, and weigh so much more. See `subject_terms`.
    pair_weight : float, default=0.0
        If above 0, pairs of neighbouring words that stand in `least_pair_texts` texts or more are terms too, and weigh
        so much more (below 1: less) than words do. See `neighbour_pairs`.
    least_pair_texts : int, default=2
    max_features : int, optional
        The most terms that the vocabulary holds: first the words that stand in the most texts, then such pairs.
    term_frequency : {"count", "log"}, default="count"
        How often a term stands in a text, or ln(1 + count).
    idf : {"smooth", "plain"}, default="smooth"
        The inverse document frequency: ln((1 + n) / (1 + df)) + 1 [1]_, or ln(n / df).
    category_floor : float, optional
        If given, each term's weight is multiplied by the largest |phi| of term and category on the training texts [2]_,
        plus this floor. `fit` then needs the categories.

    Attributes
    ----------
    vocabulary_ : dict of str to int
        Each term's column; columns are in the terms' order.
    term_weights_ : ndarray of shape (n_features,), float32
        What a term's (logarithm of its) count is multiplied by, before a row is scaled to unit length.

    References
    ----------
    .. [1] scikit-learn User Guide, "Tf-idf term weighting".
    .. [2] Debole and Sebastiani, "Supervised Term Weighting for Automated Text Categorization", SAC 2003.

    Examples
    --------
    >>> rows = TextVectorizer(stop_words=["the"]).fit_transform(["the cat sat", "the cat"])
    >>> rows.shape
    (2, 2)
    """

    def __init__(
        self,
        *,
        tokens: str = "letters",
        stop_words: Sequence[str] = (),
        keep_stop_words: bool = False,
        subject_weight: float = 0.0,
        pair_weight: float = 0.0,
        least_pair_texts: int = 2,
        max_features: int | None = None,
        term_frequency: str = "count",
        idf: str = "smooth",
        category_floor: float | None = None,
    ) -> None:
        self.tokens = tokens
        self.stop_words = stop_words
        self.keep_stop_words = keep_stop_words
        self.subject_weight = subject_weight
        self.pair_weight = pair_weight
        self.least_pair_texts = least_pair_texts
        self.max_features = max_features
        self.term_frequency = term_frequency
        self.idf = idf
        self.category_floor = category_floor

    def fit(self, X: Iterable[str], y: Iterable[object] | None = None) -> Self:  # noqa: N803
        """Learn vocabulary and term weights.

        Parameters
        ----------
        X : iterable of str
            The texts.
        y : iterable, optional
            Each text's category; used only where `category_floor` is given.

        Raises
        ------
        TypeError
            If `X` is one string, or something in it is no string.
        ValueError
            If no term is left, a parameter is none of its values, or the categories are missing or too few or many.
        """
        self.fit_counts(self.count(X), y)
        return self

    def fit_transform(self, X: Iterable[str], y: Iterable[object] | None = None, **_: Any) -> sp.csr_matrix:  # noqa: N803
        """Learn from texts and return their rows, cutting each text once; the same as `fit(X, y).transform(X)`."""
        return self.fit_counts(self.count(X), y)

    def transform(self, X: Iterable[str]) -> sp.csr_matrix:  # noqa: N803
        """Turn texts into rows.

        Parameters
        ----------
        X : iterable of str

        Returns
        -------
        csr_matrix of shape (n_texts, n_features), float32
        """
        check_is_fitted(self)
        return rows_of(self.fitted_terms(), _checked(X))

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """Return the terms in the order of their columns, as an array of str."""
        check_is_fitted(self)
        return np.array(list(self.vocabulary_), dtype=object)

    def fitted_terms(self) -> FittedTerms:
        """Return what was learnt, without scikit-learn around it."""
        vocabulary = Vocabulary.of([term.encode() for term in self.vocabulary_])
        return FittedTerms(self.recipe(), vocabulary, self.term_weights_)

    def recipe(self) -> Recipe:
        """Return the parameters that transforming needs, checked."""
        log_counts = _one_of("term_frequency", self.term_frequency, ("count", "log")) == "log"
        return Recipe(TokenKind(self.tokens), self.subject_weight > 0, log_counts, self.pair_weight > 0)

    def rule(self) -> TermRule:
        """Return the parameters that learning the vocabulary needs, checked."""
        left_out = () if self.keep_stop_words else self.stop_words
        most = sys.maxsize if self.max_features is None else self.max_features
        return TermRule(self.recipe(), frozenset(word.encode() for word in left_out), self.least_pair_texts, most)

    def stock_vectorizer(self) -> TfidfVectorizer | None:
        """Return scikit-learn's own vectorizer, in the state that fitting it on the same texts would leave it in; None
        if it cannot do what the parameters ask for.

        Its stop words are those that are tokens themselves; at others, such as `don't`, it would only warn.
        """
        check_is_fitted(self)
        if self.get_params() != TextVectorizer(stop_words=self.stop_words).get_params():
            return None
        pattern = r"[a-z]{2,}"
        stop_words = [word for word in self.stop_words if re.fullmatch(pattern, word)]
        stock = TfidfVectorizer(token_pattern=pattern, stop_words=stop_words or None, dtype=np.float32)
        stock.vocabulary_ = dict(self.vocabulary_)
        stock.fixed_vocabulary_ = False
        stock.idf_ = self.term_weights_
        return stock

    def count(self, X: Iterable[str]) -> TermRows:  # noqa: N803
        """Learn the vocabulary alone and return the texts' counts, from which weights can be learnt."""
        return self.count_tokens(self.tokenise(X))

    def tokenise(self, X: Iterable[str]) -> NumberedTokens:  # noqa: N803
        """Cut texts into tokens, for `count_tokens`."""
        return number_tokens(_checked(X), self.recipe().spacer())

    def count_tokens(self, found: NumberedTokens) -> TermRows:
        """Learn the vocabulary alone and return the texts' counts: `count` behind the cutting."""
        terms = self.number_terms(found)
        self.name_terms(terms.names(found.distinct))
        return count_terms(terms.numbers, terms.texts, found.n_texts, terms.n_terms)

    def name_terms(self, names: Iterable[bytes]) -> None:
        """Take terms, in their order, as the vocabulary."""
        self.vocabulary_ = {term.decode(): column for column, term in enumerate(names)}

    def number_terms(self, found: NumberedTokens) -> NumberedTerms:
        """Return the terms that `count_tokens` learns, in their order, and where they stand."""
        rule = self.rule()
        wanted = rule.wanted(found)
        terms = single_terms(found, wanted).frequent(rule.most)
        if rule.recipe.pairs:
            pairs = pair_terms(found, wanted, rule.least_pair_texts)
            terms = joined(terms, pairs.frequent(rule.most - terms.n_terms))
        if not terms.n_terms:
            raise ValueError(_NO_TERMS)
        return terms.ordered(found.distinct)

    def of_subject(self) -> NDArray[np.bool_]:
        """Return, for each term, whether it is one of a subject; shape (n_features,)."""
        if not self.recipe().subject:
            return np.zeros(len(self.vocabulary_), np.bool_)
        prefix = PREFIX.decode()
        return np.array([term.startswith(prefix) for term in self.vocabulary_], np.bool_)

    def of_pairs(self) -> NDArray[np.bool_]:
        """Return, for each term, whether it is a pair of neighbouring words; shape (n_features,)."""
        if not self.recipe().pairs:
            return np.zeros(len(self.vocabulary_), np.bool_)
        return np.fromiter((is_pair(term.encode()) for term in self.vocabulary_), np.bool_, len(self.vocabulary_))

    def fit_counts(self, counts: TermRows, y: Iterable[object] | None = None) -> sp.csr_matrix:
        """Learn the weights from what `count` returned, and return the rows: the second half of `fit_transform`."""
        categories = None if self.category_floor is None else _category_numbers(y, counts.n_rows)
        self._take_weights(self.weighting().weights(counts, categories))
        return _to_csr(weigh(counts, self.term_weights_, self.recipe().log_counts))

    def fit_frequencies(self, names: Sequence[bytes], frequencies: DocumentFrequencies) -> Self:
        """Learn vocabulary and weights from terms, in order, and in how many texts they stand: what `fit` learns from
        the texts themselves, to the last bit.

        Raises
        ------
        ValueError
            If there is no term.
        """
        if not names:
            raise ValueError(_NO_TERMS)
        self.name_terms(names)
        self._take_weights(self.weighting().weights_from(frequencies))
        return self

    def weighting(self) -> Weighting:
        """Return the parameters that learning the weights needs, checked."""
        return Weighting(Idf(_one_of("idf", self.idf, tuple(Idf))), self.category_floor)

    def _take_weights(self, weights: NDArray[np.float32]) -> None:
        self.term_weights_ = weights
        self.term_weights_[self.of_subject()] *= np.float32(self.subject_weight)
        self.term_weights_[self.of_pairs()] *= np.float32(self.pair_weight)


def rows_of(terms: FittedTerms, texts: Sequence[str]) -> sp.csr_matrix:
    """Turn texts into rows by terms that were fitted; shape (n_texts, n_features), float32."""
    parts = [_to_csr(rows) for rows in terms.rows(texts)]
    return sp.vstack(parts, format="csr") if parts else sp.csr_matrix((0, len(terms.weights)), dtype=np.float32)


_NO_TERMS = "no terms are left: the texts hold nothing but stop words and what is no token"


def _one_of(name: str, value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, map(str, allowed)))}, got {value!r}")
    return value


def _category_numbers(categories: Iterable[object] | None, n_texts: int) -> NDArray[np.intp]:
    if categories is None:
        raise ValueError("category_floor needs the categories: give y to fit, or set category_floor to None")
    numbers: NDArray[np.intp] = np.unique(np.asarray(list(categories)), return_inverse=True)[1].reshape(-1)
    if len(numbers) != n_texts:
        raise ValueError(f"X has {n_texts} texts but y has {len(numbers)} categories; give one for each text")
    return numbers


def _checked(texts: Iterable[str]) -> list[str]:
    if isinstance(texts, str):
        raise TypeError("X must be an iterable of texts, got one str; put it into a list")
    checked = list(texts)
    for position, text in enumerate(checked):
        if not isinstance(text, str):
            raise TypeError(f"X must hold texts only, got {type(text).__name__} at position {position}")
    return checked


def _to_csr(rows: TermRows) -> sp.csr_matrix:
    return sp.csr_matrix((rows.values, rows.indices, rows.indptr), shape=(rows.n_rows, rows.n_features))
