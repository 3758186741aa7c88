"""A naive Bayes made of sums is the one that scikit-learn fits on the rows, whatever parts the rows come in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.naive_bayes import MultinomialNB

from classifier_container.classifier.model.background_prior import alpha_of_totals, background_alpha
from classifier_container.classifier.model.class_sums import ClassSums, add_pass, doubts, naive_bayes
from classifier_container.classifier.model.discriminative_counts import fit

CHANCE = np.random.default_rng(11)
LABELS = CHANCE.choice(["b", "a", "c"], 300, p=[0.6, 0.3, 0.1]).tolist()
MATRIX = sp.csr_array(sp.random_array((300, 50), density=0.3, rng=CHANCE, dtype=np.float32))
PARTS = [(0, 7), (7, 7), (7, 200), (200, 300)]


def parts_of(matrix: sp.csr_array, labels: Sequence[str]) -> list[tuple[sp.csr_array, Sequence[str]]]:
    return [(matrix[start:end], labels[start:end]) for start, end in PARTS]


def one_after_the_other(categories: Sequence[str], estimator: MultinomialNB | None = None) -> ClassSums:
    sums = ClassSums.none(categories, MATRIX.shape[1])
    for matrix, labels in parts_of(MATRIX, LABELS):
        own = sums.numbers(labels)
        sums.add(matrix, own, None if estimator is None else doubts(estimator, matrix, own))
    return sums


@pytest.mark.parametrize("fit_prior", [True, False])
@pytest.mark.parametrize("passes", [0, 3])
@pytest.mark.parametrize("alpha", [0.3, np.linspace(0.1, 2, 50)])
def test_parts_one_after_the_other_give_the_very_bits(alpha: float, passes: int, fit_prior: bool) -> None:
    estimator = naive_bayes(one_after_the_other(["a", "b", "c"]), alpha, fit_prior)
    for _ in range(passes):
        add_pass(estimator, one_after_the_other(["a", "b", "c"], estimator))
    expected = fit(MATRIX, LABELS, alpha, fit_prior, passes)
    assert type(estimator) is MultinomialNB
    for name in ("feature_count_", "feature_log_prob_", "class_count_", "class_log_prior_", "classes_"):
        assert np.array_equal(getattr(estimator, name), getattr(expected, name)), name
    assert np.array_equal(estimator.predict_proba(MATRIX), expected.predict_proba(MATRIX))


def test_merged_parts_give_the_same_but_for_rounding_though_none_knows_all_categories() -> None:
    parts = []
    for matrix, labels in parts_of(MATRIX, LABELS):
        sums = ClassSums.none(sorted(set(labels)), MATRIX.shape[1])
        sums.add(matrix, sums.numbers(labels))
        parts.append(sums)
    merged = ClassSums.merged(parts)
    whole = one_after_the_other(["a", "b", "c"])
    assert merged.categories == whole.categories
    np.testing.assert_allclose(merged.values, whole.values, rtol=1e-12)
    np.testing.assert_allclose(merged.totals, whole.totals, rtol=1e-12)
    assert np.array_equal(merged.records, whole.records)


def test_the_background_is_that_of_the_rows() -> None:
    sums = one_after_the_other(["a", "b", "c"])
    assert np.array_equal(alpha_of_totals(sums.totals, 0.2, 0.8), background_alpha(MATRIX, 0.2, 0.8))


def test_two_categories_are_counted_as_any_number_is() -> None:
    labels = ["x" if label == "a" else "y" for label in LABELS]
    sums = ClassSums.none(["x", "y"], MATRIX.shape[1])
    sums.add(MATRIX, sums.numbers(labels))
    expected = MultinomialNB(alpha=0.5).fit(MATRIX, labels)
    assert np.array_equal(naive_bayes(sums, 0.5, True).feature_log_prob_, expected.feature_log_prob_)
