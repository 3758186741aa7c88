"""A whole analysis of a small model: what is counted, what is left out, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import auc, roc_auc_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import MultinomialNB

from pipeline.errors import PipelineError
from pipeline.report.figures.analysis import Analysis, Source, answered
from pipeline.report.figures.data.duplicates import duplicates, rows_as_keys, texts_as_keys
from pipeline.report.figures.data.words import count_words
from pipeline.report.figures.model.comparison import compare
from pipeline.report.figures.model.knowledge import family_order
from tests.pipeline.report.fitting import Fitted


def test_probabilities_are_the_estimators(analysis: Analysis, fitted: Fitted, source: Source) -> None:
    rows = fitted.vectorizer.transform(source.test.texts)
    expected = fitted.estimator.predict_joint_log_proba(rows) / 0.8
    expected = np.exp(expected - expected.max(axis=1, keepdims=True))
    expected /= expected.sum(axis=1, keepdims=True)
    assert np.allclose(analysis.test.probabilities, expected, atol=1e-5)


def test_answers_that_differ_from_the_models_are_refused(source: Source) -> None:
    first = source.answers[0]
    other = [(name, 0.5 * probability) for name, probability in first.top]
    with pytest.raises(PipelineError, match=r"disagree on 1 of 75 records"):
        answered(source.model, source.test, [first._replace(top=other), *source.answers[1:]])


def test_a_category_without_test_records_has_no_curves(analysis: Analysis) -> None:
    missing = [name for name, found in zip(analysis.categories, analysis.model.curves, strict=True) if found is None]
    assert missing == ["category 003"]
    assert [count.category for count in analysis.data.counts if not count.test] == missing


def test_areas_are_those_under_the_curves_that_are_drawn(analysis: Analysis, source: Source) -> None:
    for label in range(3):
        found = analysis.model.curves[label]
        if found is None:
            continue
        positive = source.test.labels == label
        assert found.auc == roc_auc_score(positive, analysis.test.probabilities[:, label])
        assert auc(*found.roc) == pytest.approx(found.auc, abs=0.01)


def test_one_vs_rest_is_scikit_learns(analysis: Analysis, fitted: Fitted, source: Source) -> None:
    rows = [fitted.vectorizer.transform(part.texts) for part in (source.train, source.test)]
    reference = OneVsRestClassifier(MultinomialNB(alpha=0.01)).fit(rows[0], source.train.labels)
    probabilities = reference.predict_proba(rows[1])
    for label, found in enumerate(analysis.model.one_vs_rest):
        if found is not None:
            assert found.auc == pytest.approx(roc_auc_score(source.test.labels == label, probabilities[:, label]))


def test_the_matrix_is_measured(analysis: Analysis, fitted: Fitted, source: Source) -> None:
    rows = fitted.vectorizer.transform(source.train.texts)
    matrix = analysis.data.matrix
    assert (matrix.vocabulary, matrix.nonzeros) == (rows.shape[1], rows.nnz)
    assert matrix.nonzeros_per_row == rows.nnz / rows.shape[0]
    assert matrix.sparse_bytes == 8 * rows.nnz + 4 * (rows.shape[0] + 1)


def test_most_telling_words_are_the_categorys_own(analysis: Analysis) -> None:
    for label, terms in enumerate(analysis.model.telling.values()):
        owner = analysis.categories[label]
        number = 2 if owner.startswith("R&D") else int(owner.split()[-1])
        assert {term.term[:5] for term in terms[:5]} == {f"owna{chr(ord('a') + number)}"}


def test_telling_is_what_a_word_adds_on_average(analysis: Analysis, fitted: Fitted, source: Source) -> None:
    rows = fitted.vectorizer.transform(source.train.texts).toarray()
    logs = fitted.estimator.feature_log_prob_
    for label, terms in enumerate(analysis.model.telling.values()):
        adds = rows[source.train.labels == label].mean(axis=0) * (logs[label] - logs.mean(axis=0))
        assert [term.weight for term in terms] == pytest.approx(sorted(adds, reverse=True)[: len(terms)], rel=1e-3)


def test_words_of_mistakes_speak_for_the_wrong_category(analysis: Analysis) -> None:
    assert analysis.model.mistakes
    for mistake in analysis.model.mistakes:
        assert mistake.category != mistake.taken_for
        assert all(term.weight > 0 for term in mistake.misleading)
    probabilities = [mistake.probability for mistake in analysis.model.mistakes]
    assert probabilities == sorted(probabilities, reverse=True)


def test_coverage_and_slices_add_up(analysis: Analysis) -> None:
    whole = analysis.model.coverages[0]
    assert (whole.coverage, whole.to_a_person) == (1.0, 0)
    assert whole.accuracy.value == analysis.model.scores.accuracy.value
    assert sum(item.records for item in analysis.model.by_length) == 75
    assert sum(bin_.records for bin_ in analysis.model.reliability.bins) == 75


def test_a_model_compared_with_itself_does_not_differ(analysis: Analysis) -> None:
    found = compare(("one", "other"), analysis.test, analysis.test, analysis.categories)
    assert (found.accuracy.value, found.accuracy.low, found.accuracy.high) == (0, 0, 0)
    assert found.mcnemar.exact == 1


def test_copies_are_found_inside_and_across_the_splits() -> None:
    train = texts_as_keys(["a b", "a  b\n", "c", "", ""])
    test = texts_as_keys(["a b", "c", "d", "d", ""])
    labels = np.array([0, 0, 1, 0, 0])
    found = duplicates(train, test, labels, np.array([0, 0, 1, 1, 1]), np.array([True, False, True, True, False]))
    assert (found.in_train, found.in_test, found.across, found.other_category) == (1, 1, 2, 1)
    assert found.accuracy_with_copy.value == 0.5
    assert found.accuracy_without.value == pytest.approx(2 / 3)


def test_rows_are_the_same_when_the_model_cannot_tell_them_apart(fitted: Fitted) -> None:
    keys = rows_as_keys(fitted.model.rows(["ownaaa ownaab the", "ownaab unheardof ownaaa", "ownaaa", "", "unheardof"]))
    assert keys[0] == keys[1]
    assert len(set(keys)) == 4


def test_words_are_cut_as_the_reference_cuts_them() -> None:
    words = count_words(["we cannot go", *["often"] * 100, *["seldom"] * 4, *["ab"] * 4, *["rare"] * 3])
    assert words.counts["can"] == words.counts["not"] == 1
    assert words.between_bounds() == {"seldom": 4}


def test_like_categories_stand_side_by_side() -> None:
    means = np.array([[1, 0, 0, 0.1], [0, 0, 1, 0], [0.9, 0.1, 0, 0], [0, 0.1, 0.9, 0]], dtype=np.float32)
    order = family_order(means)
    assert sorted(order) == [0, 1, 2, 3]
    assert abs(order.index(0) - order.index(2)) == abs(order.index(1) - order.index(3)) == 1
