"""Weights that know the categories, against the formulas as a textbook writes them."""

from __future__ import annotations

import numpy as np
import pytest

from preprocessor_container.preprocessor.features.term_rows import TermRows
from preprocessor_container.preprocessor.features.term_weighting import Idf, Weighting, largest_phi
from preprocessor_container.preprocessor.features.text_vectorizer import TextVectorizer

TEXTS = ["oak elm oak", "oak ash", "elm ash ash", "oak", "ash birch", "birch"]
TREES = ["a", "a", "b", "a", "b", "c"]
NUMBERS = np.array([0, 0, 1, 0, 1, 2])


def counts() -> TermRows:
    return TextVectorizer(tokens="words").count(TEXTS)


def test_plain_idf_is_the_logarithm_of_the_share() -> None:
    weights = Weighting(Idf.PLAIN).weights(counts(), None)
    assert weights.dtype == np.float32
    assert weights == pytest.approx(np.log(6 / np.array([3, 2, 2, 3])))


def test_phi_is_the_correlation_of_term_and_category() -> None:
    frequency = np.bincount(counts().indices, minlength=4)
    presence = np.array([[term in text.split() for term in ("ash", "birch", "elm", "oak")] for text in TEXTS], float)
    expected = [
        max(abs(np.corrcoef(column, category == NUMBERS)[0, 1]) for category in range(3)) for column in presence.T
    ]
    assert largest_phi(counts(), NUMBERS, frequency) == pytest.approx(expected)


def test_a_term_of_every_text_weighs_nothing() -> None:
    vectorizer = TextVectorizer(tokens="words", idf="plain", category_floor=0.1)
    rows = vectorizer.fit_transform(["oak elm", "oak ash"], ["a", "b"])
    weights = dict(zip(vectorizer.get_feature_names_out(), vectorizer.term_weights_, strict=True))
    assert weights["oak"] == 0
    assert weights["elm"] == pytest.approx(np.log(2) * 1.1)
    assert np.isfinite(rows.data).all()
    assert vectorizer.transform(["oak"]).toarray().tolist() == [[0, 0, 0]]


def test_subject_terms_stand_beside_the_words_and_weigh_more() -> None:
    texts = ["Subject: Re: red oak\n\nleaves", "Subject: ash\n\nred leaves fall"]
    vectorizer = TextVectorizer(tokens="words", subject_weight=3.0, stop_words=["subject", "re"]).fit(texts)
    names = list(vectorizer.get_feature_names_out())
    assert names == ["ash", "fall", "leaves", "oak", "red", "s:ash", "s:oak", "s:red", "s:red oak"]
    even = TextVectorizer(tokens="words", subject_weight=1.0, stop_words=["subject", "re"]).fit(texts)
    assert vectorizer.term_weights_ / even.term_weights_ == pytest.approx([1] * 5 + [3] * 4)
    assert list(vectorizer.transform(["oak ash"]).indices) == [0, 3]


def test_log_counts_dampen_repetition() -> None:
    plain = TextVectorizer(tokens="words", idf="plain", term_frequency="log").fit(["oak elm", "ash fir"])
    ((oak, elm),) = [plain.transform(["oak oak oak elm"]).data[::-1]]
    assert oak / elm == pytest.approx(np.log1p(3) / np.log1p(1))


@pytest.mark.parametrize(
    ("settings", "categories", "message"),
    [
        ({"category_floor": 0.1}, None, "category_floor needs the categories"),
        ({"category_floor": 0.1}, ["a"], "X has 6 texts but y has 1 categories"),
        ({"idf": "steep"}, None, "idf must be one of 'smooth', 'plain', got 'steep'"),
        ({"term_frequency": "often"}, None, "term_frequency must be one of 'count', 'log', got 'often'"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    settings: dict[str, object], categories: list[str] | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        TextVectorizer(**settings).fit(TEXTS, categories)  # type: ignore[arg-type]


def test_stock_scikit_learn_is_offered_only_for_what_it_can_do() -> None:
    assert TextVectorizer().fit(TEXTS).stock_vectorizer() is not None
    assert TextVectorizer(tokens="words").fit(TEXTS).stock_vectorizer() is None
    assert TextVectorizer(category_floor=0.0).fit(TEXTS, TREES).stock_vectorizer() is None
