"""Counting again what is still answered wrongly leaves a stock naive Bayes, with the shares of the plain fit."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.naive_bayes import MultinomialNB

from classifier_container.classifier.model.discriminative_counts import fit
from preprocessor_container.preprocessor.selection.candidates import Classifier
from preprocessor_container.preprocessor.selection.naive_bayes import answers

CHANCE = np.random.default_rng(7)
LABELS = CHANCE.choice(["b", "a", "c"], 60, p=[0.6, 0.3, 0.1]).tolist()
MATRIX = sp.csr_array(sp.random_array((60, 12), density=0.4, rng=CHANCE, dtype=np.float32))


def test_no_pass_is_the_plain_fit() -> None:
    plain = MultinomialNB(alpha=0.3).fit(MATRIX, LABELS)
    assert np.array_equal(fit(MATRIX, LABELS, 0.3, True, 0).feature_log_prob_, plain.feature_log_prob_)


def test_a_pass_adds_each_record_times_its_doubt_and_leaves_the_shares() -> None:
    plain = MultinomialNB(alpha=0.3).fit(MATRIX, LABELS)
    once = fit(MATRIX, LABELS, 0.3, True, 1)
    assert type(once) is MultinomialNB
    expected = plain.feature_count_.copy()
    for row, label, probabilities in zip(MATRIX.toarray(), LABELS, plain.predict_proba(MATRIX), strict=True):
        category = plain.classes_.tolist().index(label)
        expected[category] += row * (1 - probabilities[category])
    np.testing.assert_allclose(once.feature_count_, expected, rtol=1e-6)
    assert np.array_equal(once.class_log_prior_, plain.class_log_prior_)
    assert np.array_equal(once.class_count_, plain.class_count_)


def test_passes_make_the_training_records_categories_more_probable() -> None:
    own = np.searchsorted(["a", "b", "c"], LABELS)
    plain, again = (fit(MATRIX, LABELS, 0.3, True, passes).predict_proba(MATRIX)[range(60), own] for passes in (0, 20))
    assert again.mean() > plain.mean()


@pytest.mark.parametrize(
    "settings", [Classifier(alpha=0.2), Classifier(background_strength=0.3), Classifier(fit_prior=False)]
)
def test_trials_answer_as_the_job_would(settings: Classifier) -> None:
    numbers = np.unique(LABELS, return_inverse=True)[1]
    rows = sp.csr_matrix(MATRIX)
    for passes, scores in zip((0, 3), answers(settings, rows, numbers, rows, (0, 3)), strict=True):
        alpha = settings.smoothing(np.asarray(MATRIX.sum(axis=0)))
        expected = fit(MATRIX, LABELS, alpha, settings.fit_prior, passes).predict_joint_log_proba(MATRIX)
        np.testing.assert_allclose(scores, expected, atol=1e-4)
