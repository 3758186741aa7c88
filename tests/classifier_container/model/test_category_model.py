"""The plain form of the model answers as scikit-learn's estimator does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.naive_bayes import MultinomialNB

from classifier_container.classifier.artefact.serving_files import load_model, save_model
from classifier_container.classifier.model import category_model
from classifier_container.classifier.model.category_model import CategoryModel, probabilities
from classifier_container.classifier.wire.feature_stream import FeatureRows, FeatureSpace
from tests.container_sources import CLASSIFIER, load_script

SPACE = FeatureSpace(200, "abc")


def to_rows(matrix: sp.csr_matrix) -> FeatureRows:
    return FeatureRows(matrix.indptr.astype(np.int64), matrix.indices, matrix.data, SPACE)


@pytest.fixture(scope="module")
def fitted() -> tuple[MultinomialNB, CategoryModel]:
    rng = np.random.default_rng(0)
    matrix = sp.random(500, SPACE.n_features, 0.05, "csr", np.float32, rng=rng)
    estimator = MultinomialNB(alpha=0.01).fit(
        matrix, rng.choice(list("abcdefg"), 500, p=[0.4, 0.2, 0.1, 0.1, 0.1, 0.06, 0.04])
    )
    model: CategoryModel = load_script(CLASSIFIER, "train")._serving_form(estimator, SPACE, 1.0)
    return estimator, model


@pytest.fixture(scope="module")
def unseen() -> sp.csr_matrix:
    matrix = sp.random(300, SPACE.n_features, 0.05, "csr", np.float32, rng=np.random.default_rng(1))
    return sp.vstack([matrix, sp.csr_matrix((3, SPACE.n_features), dtype=np.float32)], format="csr")


def test_temperature_moves_probabilities_and_no_category(
    fitted: tuple[MultinomialNB, CategoryModel], unseen: sp.csr_matrix
) -> None:
    estimator, model = fitted
    warm = replace(model, temperature=2.0).rank(to_rows(unseen), 7)
    plain = model.rank(to_rows(unseen), 7)
    assert np.array_equal(warm.labels, plain.labels)
    expected = probabilities(estimator.predict_joint_log_proba(unseen) / 2)
    assert np.allclose(warm.probabilities, np.take_along_axis(expected, warm.labels, axis=1), atol=1e-4)
    assert (warm.probabilities[:, 0] < plain.probabilities[:, 0]).all()


def test_categories_and_probabilities_are_the_estimators(
    fitted: tuple[MultinomialNB, CategoryModel], unseen: sp.csr_matrix
) -> None:
    estimator, model = fitted
    ranking = model.rank(to_rows(unseen), 7)
    assert [model.categories[label] for label in ranking.labels[:, 0]] == estimator.predict(unseen).tolist()
    expected = estimator.predict_proba(unseen)
    np.testing.assert_allclose(ranking.probabilities, -np.sort(-expected, axis=1), atol=1e-6)


def test_empty_row_is_answered_from_the_priors(
    fitted: tuple[MultinomialNB, CategoryModel], unseen: sp.csr_matrix
) -> None:
    estimator, model = fitted
    scores = model.scores(to_rows(unseen[-1:]))
    assert np.array_equal(scores[0], estimator.class_log_prior_)
    np.testing.assert_allclose(probabilities(scores)[0], estimator.class_count_ / 500)


def test_runs_of_rows_do_not_change_the_ranking(
    fitted: tuple[MultinomialNB, CategoryModel], unseen: sp.csr_matrix, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fitted[1].rank(to_rows(unseen), 3)
    monkeypatch.setattr(category_model, "_CELLS_AT_ONCE", 20)
    parts = fitted[1].rank(to_rows(unseen), 3)
    assert np.array_equal(whole.labels, parts.labels)
    assert np.array_equal(whole.probabilities, parts.probabilities)


def test_of_equals_the_first_category_wins() -> None:
    names = tuple(map(str, range(99)))
    every_third = np.where(np.arange(99) % 3, 0, 1)
    model = CategoryModel(names, np.tile(every_third.astype(np.float32), (200, 1)), np.zeros(99), SPACE)
    row = to_rows(sp.csr_matrix(([1.0], ([0], [3])), shape=(1, 200), dtype=np.float32))
    expected = sorted(range(99), key=lambda label: (-every_third[label], label))
    assert model.rank(row, 99).labels.tolist() == [expected]


def test_no_more_categories_are_ranked_than_there_are(
    fitted: tuple[MultinomialNB, CategoryModel], unseen: sp.csr_matrix
) -> None:
    assert fitted[1].rank(to_rows(unseen), 50).labels.shape == (303, 7)


def test_no_rows_give_an_empty_ranking(fitted: tuple[MultinomialNB, CategoryModel], unseen: sp.csr_matrix) -> None:
    ranking = fitted[1].rank(to_rows(unseen[:0]), 3)
    assert ranking.labels.shape == ranking.probabilities.shape == (0, 3)


@pytest.mark.parametrize("scores", [[[1e307, -1e307]], [[-1e5, -1e5 - 1]], [[0.0, 0.0]]])
def test_probabilities_are_finite_and_sum_to_one(scores: list[list[float]]) -> None:
    shares: NDArray[np.float64] = probabilities(np.array(scores))
    assert np.isfinite(shares).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1)


@pytest.mark.parametrize("exponents", [(0.0, 1.0), (0.8, 1.3), (-0.2, 0.7)])
def test_exponents_change_how_sure_answers_are_and_no_order(
    fitted: tuple[MultinomialNB, CategoryModel], unseen: sp.csr_matrix, exponents: tuple[float, float]
) -> None:
    lead_exponent, gap_exponent = exponents
    model = replace(fitted[1], temperature=0.7, lead_exponent=lead_exponent, gap_exponent=gap_exponent)
    ranking, plain = model.rank(to_rows(unseen), 7), fitted[1].rank(to_rows(unseen), 7)
    assert np.array_equal(ranking.labels, plain.labels)
    scores = fitted[1].scores(to_rows(unseen))
    gaps = scores.max(axis=1, keepdims=True) - scores
    expected = np.exp(-(gaps**gap_exponent) / (0.7 * gaps.mean(axis=1, keepdims=True) ** lead_exponent))
    expected /= expected.sum(axis=1, keepdims=True)
    assert np.allclose(ranking.probabilities, -np.sort(-expected, axis=1))


@pytest.mark.parametrize(("exponents", "version"), [((0.0, 1.0), 2), ((0.8, 1.3), 3)])
def test_a_model_that_is_written_and_opened_is_as_sure_as_before(
    fitted: tuple[MultinomialNB, CategoryModel], tmp_path: Path, exponents: tuple[float, float], version: int
) -> None:
    model = replace(fitted[1], temperature=0.7, lead_exponent=exponents[0], gap_exponent=exponents[1])
    save_model(tmp_path / "serving", model)
    opened = load_model(tmp_path / "serving")
    assert (opened.temperature, opened.lead_exponent, opened.gap_exponent) == (0.7, *exponents)
    assert json.loads((tmp_path / "serving" / "label_map.json").read_bytes())["format_version"] == version


def test_where_all_scores_are_equal_no_category_is_more_probable(fitted: tuple[MultinomialNB, CategoryModel]) -> None:
    even = replace(fitted[1], priors=np.zeros(7), lead_exponent=0.8, gap_exponent=1.3)
    empty = to_rows(sp.csr_matrix((1, SPACE.n_features), dtype=np.float32))
    assert even.rank(empty, 7).probabilities.tolist() == [[1 / 7] * 7]


@pytest.mark.parametrize("exponents", [(0.0, 1.0), (0.8, 1.3)])
def test_a_row_alone_is_ranked_as_among_others(
    fitted: tuple[MultinomialNB, CategoryModel], unseen: sp.csr_matrix, exponents: tuple[float, float]
) -> None:
    model = replace(fitted[1], temperature=1.7, lead_exponent=exponents[0], gap_exponent=exponents[1])
    together = model.rank(to_rows(unseen), 3)
    for position in range(unseen.shape[0]):
        alone = model.rank(to_rows(unseen[position]), 3)
        assert alone.labels.tolist() == [together.labels[position].tolist()]
        assert alone.probabilities.tolist() == [together.probabilities[position].tolist()]
