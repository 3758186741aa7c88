"""A round: plain scikit-learn fits both models on the train split."""

from __future__ import annotations

from collections.abc import Sequence

from plain_clean import clean
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB


def fit(
    texts: Sequence[str], categories: Sequence[str], stop_words: Sequence[str]
) -> tuple[TfidfVectorizer, MultinomialNB]:
    """Clean, vectorize, fit."""
    left_out = frozenset(stop_words)
    vectorizer = TfidfVectorizer()
    rows = vectorizer.fit_transform([clean(text, left_out) for text in texts])
    return vectorizer, MultinomialNB(alpha=0.01).fit(rows, categories)


if __name__ == "__main__":
    from rounds_protocol import corpus_and_rounds

    data, rounds = corpus_and_rounds()
    rounds(lambda: fit(data["train"], data["categories"], data["stop_words"]))
