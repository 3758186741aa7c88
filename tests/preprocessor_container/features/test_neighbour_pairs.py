"""Pairs of neighbouring words are counted as scikit-learn counts bigrams, and served as they were fitted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from preprocessor_container.preprocessor.features.neighbour_pairs import hash_pairs, is_pair
from preprocessor_container.preprocessor.features.text_vectorizer import TextVectorizer

WORDS = st.sampled_from(["how", "many", "a", "é", "élan", "miles", "incomprehensibilities", "I", "to", "S:how"])
TEXTS = st.lists(st.lists(WORDS, max_size=9).map(" ".join), min_size=1, max_size=8)


def stock_rows(texts: list[str]) -> np.ndarray:
    stock = TfidfVectorizer(token_pattern=r"\w\w+", ngram_range=(1, 2), dtype=np.float32)
    rows: np.ndarray = stock.fit_transform(texts).toarray()
    return rows[:, np.argsort([term.encode() for term in stock.get_feature_names_out()])]


@given(TEXTS)
def test_with_every_pair_the_rows_are_those_of_scikit_learns_bigrams(texts: list[str]) -> None:
    texts = [*texts, "how many miles"]
    ours = TextVectorizer(tokens="words", pair_weight=1.0, least_pair_texts=1)
    assert np.array_equal(ours.fit_transform(texts).toarray(), stock_rows(texts))


@given(TEXTS, TEXTS)
def test_one_text_alone_gets_the_row_that_it_gets_among_many(texts: list[str], asked: list[str]) -> None:
    subjects = [f"Subject: how many\n\n{text}" for text in asked]
    fitted = TextVectorizer(tokens="words", pair_weight=0.5, subject_weight=2.0, least_pair_texts=1)
    fitted.fit([*texts, "Subject: how many\n\nmany miles"])
    together = fitted.transform([*asked, *subjects])
    for number, text in enumerate([*asked, *subjects]):
        assert (fitted.transform([text]) != together[number]).nnz == 0


def test_a_text_that_is_cut_into_pieces_has_the_pairs_that_fitting_saw() -> None:
    text = " ".join(f"word{n % 97} many" for n in range(20_000))
    fitted = TextVectorizer(tokens="words", pair_weight=1.0)
    rows = fitted.fit_transform([text, text])
    assert (fitted.transform([text]) != rows[0]).nnz == 0
    assert "word3 many" in fitted.vocabulary_


def test_a_pair_must_stand_in_enough_texts_and_hold_no_stop_word() -> None:
    texts = ["how many miles", "how many days", "many miles to go", "go to"]
    fitted = TextVectorizer(tokens="words", pair_weight=1.0, stop_words=["to"]).fit(texts)
    assert {term for term in fitted.vocabulary_ if " " in term} == {"how many", "many miles"}
    assert "to" not in fitted.vocabulary_
    kept = TextVectorizer(tokens="words", stop_words=["to"], keep_stop_words=True).fit(texts)
    assert "to" in kept.vocabulary_


def test_a_subjects_terms_stand_beside_no_word() -> None:
    texts = ["Subject: red fox\n\nruns far"] * 3
    fitted = TextVectorizer(tokens="words", subject_weight=1.5, pair_weight=1.0).fit(texts)
    pairs = [term for term in fitted.vocabulary_ if is_pair(term.encode())]
    assert pairs == ["fox runs", "red fox", "runs far", "subject red"]
    without = TextVectorizer(tokens="words", pair_weight=1.0)
    without.count_tokens(fitted.tokenise(texts))
    assert not any(term.startswith("s:") for term in without.vocabulary_)


@pytest.mark.parametrize(
    ("most", "terms"), [(3, {"go", "many", "miles"}), (5, {"go", "many", "miles", "to", "many miles"})]
)
def test_the_vocabulary_holds_the_most_frequent_words_and_then_pairs(most: int, terms: set[str]) -> None:
    texts = ["many miles", "many miles go", "many go to", "miles go"]
    fitted = TextVectorizer(tokens="words", pair_weight=1.0, max_features=most).fit(texts)
    assert set(fitted.vocabulary_) == terms


def test_a_pairs_weight_is_laid_on_its_terms() -> None:
    texts = ["how many", "how many", "how"]
    whole, half = (TextVectorizer(tokens="words", pair_weight=weight).fit(texts) for weight in (1.0, 0.5))
    ratios = half.term_weights_ / whole.term_weights_
    assert dict(zip(half.vocabulary_, ratios.tolist(), strict=True)) == {"how": 1.0, "how many": 0.5, "many": 1.0}


@given(st.lists(st.integers(0, 2**64 - 1), min_size=2, max_size=2, unique=True))
def test_the_order_of_a_pairs_words_makes_a_difference(words: list[int]) -> None:
    one, other = (np.array([word], np.uint64) for word in words)
    assert hash_pairs(one, other) != hash_pairs(other, one)


def test_tokenizer_gives_pairs_as_the_vocabulary_names_them() -> None:
    fitted = TextVectorizer(tokens="words", pair_weight=1.0).fit(["how many miles", "how many"])
    assert b"how many" in list(fitted.recipe().tokenizer()("How many?"))
