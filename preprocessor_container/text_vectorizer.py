"""The scikit-learn transformer from texts to sparse TF-IDF rows. Serving never imports this module: scikit-learn costs
a worker seconds.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.validation import check_is_fitted

from term_rows import FittedTerms, TermRows, count_terms, weigh
from tokens import Tokenizer, TokenKind, is_term, tokenizer


class TextVectorizer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn texts into L2-normalised TF-IDF rows, in one pass over the tokens.

    With `tokens="letters"` the result equals `TfidfVectorizer(token_pattern=r"[a-z]{2,}", stop_words=...,
    dtype=np.float32)` bit for bit; `stock_vectorizer` returns that very object, fitted.

    Parameters
    ----------
    tokens : {"letters"}, default="letters"
        What counts as a token, see `tokens.TokenKind`.
    stop_words : sequence of str, default=()
        Tokens that are left out.

    Attributes
    ----------
    vocabulary_ : dict of str to int
        Each term's column; columns are in the terms' order.
    term_weights_ : ndarray of shape (n_features,), float32
        The smooth inverse document frequencies ln((1 + n) / (1 + df)) + 1 [1]_.

    References
    ----------
    .. [1] scikit-learn User Guide, "Tf-idf term weighting".

    Examples
    --------
    >>> rows = TextVectorizer(stop_words=["the"]).fit_transform(["the cat sat", "the cat"])
    >>> rows.shape
    (2, 2)
    """

    def __init__(self, *, tokens: str = "letters", stop_words: Sequence[str] = ()) -> None:
        self.tokens = tokens
        self.stop_words = stop_words

    def fit(self, X: Iterable[str], y: object = None) -> Self:  # noqa: N803
        """Learn vocabulary and term weights.

        Parameters
        ----------
        X : iterable of str
            The texts.
        y : ignored

        Raises
        ------
        TypeError
            If `X` is one string, or something in it is no string.
        ValueError
            If no term is left.
        """
        self._fit(X)
        return self

    def fit_transform(self, X: Iterable[str], y: object = None, **_: Any) -> sp.csr_matrix:  # noqa: N803
        """Learn from texts and return their rows, cutting each text once; the same as `fit(X).transform(X)`."""
        return _to_csr(weigh(self._fit(X), self.term_weights_))

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
        parts = [_to_csr(rows) for rows in self.fitted_terms().rows(_checked(X))]
        return (
            sp.vstack(parts, format="csr") if parts else sp.csr_matrix((0, len(self.term_weights_)), dtype=np.float32)
        )

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """Return the terms in the order of their columns, as an array of str."""
        check_is_fitted(self)
        return np.array(list(self.vocabulary_), dtype=object)

    def fitted_terms(self) -> FittedTerms:
        """Return what was learnt, without scikit-learn around it."""
        vocabulary = {term.encode(): column for term, column in self.vocabulary_.items()}
        return FittedTerms(tokenizer(TokenKind(self.tokens)), vocabulary, self.term_weights_)

    def stock_vectorizer(self) -> TfidfVectorizer:
        """Return scikit-learn's own vectorizer, in the state that fitting it on the same texts would leave it in.

        Its stop words are those that are tokens themselves; at others, such as `don't`, it would only warn.
        """
        check_is_fitted(self)
        pattern = r"[a-z]{2,}"
        stop_words = [word for word in self.stop_words if re.fullmatch(pattern, word)]
        stock = TfidfVectorizer(token_pattern=pattern, stop_words=stop_words or None, dtype=np.float32)
        stock.vocabulary_ = dict(self.vocabulary_)
        stock.fixed_vocabulary_ = False
        stock.idf_ = self.term_weights_
        return stock

    def _fit(self, texts: Iterable[str]) -> TermRows:
        """Learn from `texts` and return their counts."""
        kind = TokenKind(self.tokens)
        seen, numbered = _number(_checked(texts), tokenizer(kind))
        stop_words = {word.encode() for word in self.stop_words}
        terms = sorted(token for token in seen if is_term(kind, token) and token not in stop_words)
        if not terms:
            raise ValueError("no terms are left: the texts hold nothing but stop words and what is no token")
        columns = np.full(len(seen), len(terms), np.int32)
        columns[[seen[term] for term in terms]] = np.arange(len(terms))
        counts = count_terms([columns[numbers] for numbers in numbered], len(terms))
        self.vocabulary_ = {term.decode(): column for column, term in enumerate(terms)}
        self.term_weights_ = _smooth_idf(counts)
        return counts


def _checked(texts: Iterable[str]) -> list[str]:
    if isinstance(texts, str):
        raise TypeError("X must be an iterable of texts, got one str; put it into a list")
    checked = list(texts)
    for position, text in enumerate(checked):
        if not isinstance(text, str):
            raise TypeError(f"X must hold texts only, got {type(text).__name__} at position {position}")
    return checked


def _number(texts: Sequence[str], tokenize: Tokenizer) -> tuple[dict[bytes, int], list[NDArray[np.int32]]]:
    """Number the tokens as they come; return the numbers by token, and each text's tokens as numbers."""
    seen: defaultdict[bytes, int] = defaultdict()
    seen.default_factory = seen.__len__
    return seen, [np.fromiter(map(seen.__getitem__, tokenize(text)), np.int32) for text in texts]


def _smooth_idf(counts: TermRows) -> NDArray[np.float32]:
    """Compute smooth inverse document frequencies in float32, step by step as `TfidfTransformer.fit` does."""
    document_frequency = np.bincount(counts.indices, minlength=counts.n_features).astype(np.float32) + np.float32(1)
    weights = np.full_like(document_frequency, counts.n_rows + 1)
    weights /= document_frequency
    np.log(weights, out=weights)
    weights += np.float32(1)
    return weights


def _to_csr(rows: TermRows) -> sp.csr_matrix:
    return sp.csr_matrix((rows.values, rows.indices, rows.indptr), shape=(rows.n_rows, rows.n_features))
