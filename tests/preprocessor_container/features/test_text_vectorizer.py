"""The transformer is a scikit-learn estimator, with letters as tokens the stock one to the last bit."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer

from preprocessor_container.preprocessor.features.text_vectorizer import TextVectorizer

STOP_WORDS = ["the", "and", "we"]


def stock(stop_words: list[str]) -> TfidfVectorizer:
    return TfidfVectorizer(token_pattern=r"[a-z]{2,}", stop_words=stop_words or None, dtype=np.float32)


def assert_identical(one: sp.csr_matrix, other: sp.csr_matrix) -> None:
    assert one.shape == other.shape
    assert one.dtype == other.dtype == np.float32
    for part in ("indptr", "indices", "data"):
        assert np.array_equal(getattr(one, part), getattr(other, part))


def test_fitting_and_transforming_equal_the_stock_vectorizer(corpus: list[tuple[str, str]]) -> None:
    texts = [text for text, _ in corpus]
    ours, theirs = TextVectorizer(stop_words=STOP_WORDS).fit(texts), stock(STOP_WORDS).fit(texts)
    assert ours.vocabulary_ == theirs.vocabulary_
    assert np.array_equal(ours.term_weights_, theirs.idf_)
    unseen = [*texts, "", "zzz unknown", "Salt SALT salt oven\x00mast"]
    assert_identical(ours.transform(unseen), theirs.transform(unseen))


@given(
    st.lists(st.text(alphabet="abcAB \n\u212a\u00e9"), min_size=1, max_size=8), st.sets(st.sampled_from(["ab", "ba"]))
)
def test_any_corpus_gives_the_stock_vectorizers_rows(texts: list[str], stop_words: set[str]) -> None:
    try:
        expected = stock(sorted(stop_words)).fit(texts).transform(texts)
    except ValueError:
        with pytest.raises(ValueError, match="no terms are left"):
            TextVectorizer(stop_words=sorted(stop_words)).fit(texts)
    else:
        assert_identical(TextVectorizer(stop_words=sorted(stop_words)).fit(texts).transform(texts), expected)


def test_fit_transform_equals_fit_then_transform(corpus: list[tuple[str, str]]) -> None:
    texts = [text for text, _ in corpus]
    assert_identical(TextVectorizer().fit_transform(texts), TextVectorizer().fit(texts).transform(texts))


def test_stock_form_transforms_alike_and_names_its_features(corpus: list[tuple[str, str]]) -> None:
    texts = [text for text, _ in corpus]
    ours = TextVectorizer(stop_words=STOP_WORDS).fit(texts)
    form = pickle.loads(pickle.dumps(ours.stock_vectorizer()))
    assert type(form) is TfidfVectorizer
    assert_identical(form.transform(texts), ours.transform(texts))
    assert list(form.get_feature_names_out()) == list(ours.get_feature_names_out())


def test_it_is_cloned_pickled_and_configured_like_any_estimator() -> None:
    vectorizer = TextVectorizer(stop_words=["of"])
    assert vectorizer.get_params() == {
        "tokens": "letters",
        "stop_words": ["of"],
        "keep_stop_words": False,
        "subject_weight": 0.0,
        "pair_weight": 0.0,
        "least_pair_texts": 2,
        "max_features": None,
        "term_frequency": "count",
        "idf": "smooth",
        "category_floor": None,
    }
    fitted = vectorizer.fit(["smell of oak"])
    with pytest.raises(NotFittedError):
        clone(fitted).transform(["oak"])
    assert_identical(pickle.loads(pickle.dumps(fitted)).transform(["oak"]), fitted.transform(["oak"]))
    assert list(fitted.get_feature_names_out()) == ["oak", "smell"]


def test_no_texts_give_no_rows() -> None:
    assert TextVectorizer().fit(["oak"]).transform([]).shape == (0, 1)


@pytest.mark.parametrize(
    ("texts", "message"), [("one text", "got one str"), (["oak", None], "got NoneType at position 1")]
)
def test_what_is_no_list_of_texts_is_refused(texts: object, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        TextVectorizer().fit(texts)  # type: ignore[arg-type]


def test_unknown_kind_of_tokens_is_refused() -> None:
    with pytest.raises(ValueError, match="syllables"):
        TextVectorizer(tokens="syllables").fit(["oak"])
