"""Smoothing towards the corpus, by the formula and through the training script."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from classifier_container.classifier.model.background_prior import background_alpha
from preprocessor_container.preprocessor.selection.candidates import Classifier

MATRIX = sp.csr_array(np.array([[1.0, 0, 3], [1, 0, 0], [0, 0, 5]], np.float32))


def test_alpha_follows_the_corpus_and_keeps_its_mean() -> None:
    alpha = background_alpha(MATRIX, 0.3, 0.8)
    assert alpha == pytest.approx(0.3 * 3 * (0.8 * np.array([0.2, 0, 0.8]) + 0.2 / 3))
    assert alpha.mean() == pytest.approx(0.3)


def test_without_a_share_it_is_the_same_for_all() -> None:
    assert background_alpha(MATRIX, 0.3, 0.0) == pytest.approx([0.3, 0.3, 0.3])


def test_a_feature_that_never_occurs_keeps_a_little() -> None:
    assert background_alpha(MATRIX, 0.3, 1.0)[1] == 1e-10


def test_the_first_job_tries_what_the_second_one_fits() -> None:
    matrix = sp.csr_matrix(sp.random(30, 40, 0.4, "csr", np.float32, rng=np.random.default_rng(0)))
    tried = Classifier(background_strength=0.03).smoothing(np.asarray(matrix.sum(axis=0)).ravel())
    assert tried == pytest.approx(background_alpha(matrix, 0.03, 0.8))
