"""Scores with bootstrap intervals, held to scikit-learn's metrics and to a bootstrap that draws the records."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from pipeline.report.figures.model.scores import confusion, most_confused, normalised, resample, resample_pairs, score

NAMES = ("a", "b", "c", "d")


@pytest.fixture(scope="module")
def answers() -> tuple[np.ndarray, np.ndarray]:
    """Four hundred records of the first three categories, some of them taken for the fourth."""
    chance = np.random.default_rng(3)
    truth = chance.integers(0, 3, 400)
    return truth, np.where(chance.random(400) < 0.7, truth, chance.integers(0, 4, 400))


def test_scores_are_those_of_scikit_learn(answers: tuple[np.ndarray, np.ndarray]) -> None:
    truth, predicted = answers
    found = score(truth, predicted, NAMES)
    assert found.accuracy.value == accuracy_score(truth, predicted)
    assert found.macro_f1.value == f1_score(truth, predicted, labels=[0, 1, 2], average="macro")
    assert found.weighted_f1.value == pytest.approx(f1_score(truth, predicted, average="weighted"), abs=1e-15)
    for figure in (found.accuracy, found.macro_f1, found.weighted_f1, *(part.f1 for part in found.per_category[:3])):
        assert figure.low < figure.value < figure.high


def test_a_category_without_test_records_has_no_say_in_the_mean(answers: tuple[np.ndarray, np.ndarray]) -> None:
    found = score(*answers, NAMES)
    assert found.per_category[3].support == 0
    assert found.per_category[3].predicted > 0
    assert found.macro_f1.value == pytest.approx(np.mean([part.f1.value for part in found.per_category[:3]]))


def test_resamples_spread_as_records_drawn_one_by_one(answers: tuple[np.ndarray, np.ndarray]) -> None:
    truth, predicted = answers
    found = resample(truth, predicted, 4)
    chance = np.random.default_rng(4)
    drawn = [chance.integers(0, len(truth), len(truth)) for _ in range(250)]
    slow = [f1_score(truth[rows], predicted[rows], labels=[0, 1, 2], average="macro") for rows in drawn]
    assert found.macro_f1.mean() == pytest.approx(np.mean(slow), abs=0.005)
    assert found.macro_f1.std() == pytest.approx(np.std(slow), rel=0.15)


def test_two_models_are_scored_on_the_same_resamples(answers: tuple[np.ndarray, np.ndarray]) -> None:
    truth, predicted = answers
    one, same = resample_pairs(truth, predicted, predicted, 4)
    assert np.array_equal(one.accuracy, same.accuracy)
    better = np.where(np.arange(400) < 100, truth, predicted)
    one, other = resample_pairs(truth, better, predicted, 4)
    assert np.std(one.accuracy - other.accuracy) < 0.7 * np.std(one.accuracy)


def test_confusions_are_counted_by_row(answers: tuple[np.ndarray, np.ndarray]) -> None:
    counts = confusion(np.array([0, 0, 0, 1]), np.array([1, 1, 0, 1]), 3)
    assert counts.tolist() == [[1, 2, 0], [0, 1, 0], [0, 0, 0]]
    assert normalised(counts)[0].tolist() == pytest.approx([1 / 3, 2 / 3, 0])
    assert np.isnan(normalised(counts)[2]).all()
    (pair,) = most_confused(counts, ("a", "b", "c"))
    assert (pair.category, pair.taken_for, pair.records, pair.share) == ("a", "b", 2, 2 / 3)
