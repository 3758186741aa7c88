"""An explanation adds up to the decision that scikit-learn's own estimator takes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.figures.model.explanation import explain
from tests.pipeline.report.fitting import STOP_WORDS, Fitted, fit

WORDS = ["rudder", "mast", "oven", "flour", "salt", "the", "we", "zeppelin", "x"]


@pytest.fixture(scope="module")
def cooks_and_sailors(tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    texts = [
        "Subject: Re: oven salt\n\nflour and the oven",
        "Subject: old mast\n\nthe mast, the rudder, salt",
        "Subject: salt\n\noven oven flour",
    ]
    return fit(
        tmp_path_factory.mktemp("two"),
        texts,
        ["cooking", "sailing", "cooking"],
        0.7,
        tokens="words",
        subject_weight=2.0,
    )


@given(st.lists(st.sampled_from(WORDS), max_size=12), st.lists(st.sampled_from(WORDS), max_size=3))
def test_parts_add_up_to_the_estimators_decision(
    cooks_and_sailors: Fitted, words: list[str], subject: list[str]
) -> None:
    text = f"Subject: {' '.join(subject)}\n\n{' '.join(words)}"
    found = explain(cooks_and_sailors.model, text, STOP_WORDS)
    estimator = cooks_and_sailors.estimator
    scores = estimator.predict_joint_log_proba(cooks_and_sailors.vectorizer.transform([text]))[0]
    of = dict(zip(estimator.classes_, scores, strict=True))
    assert found.difference == pytest.approx(found.prior + sum(term.part for term in found.terms), abs=1e-12)
    assert found.difference == pytest.approx(of[found.category] - of[found.runner_up], abs=1e-5)
    if found.prior_share is not None:
        assert found.prior_share + sum(term.share or 0 for term in found.terms) == pytest.approx(1)
    odds = np.log(found.probability / found.runner_up_probability)
    assert odds * found.temperature == pytest.approx(found.difference, abs=1e-4)


def test_every_word_is_shown_as_what_it_is(cooks_and_sailors: Fitted) -> None:
    found = explain(
        cooks_and_sailors.model, "Subject: Re: Salt\n\nThe zeppelin, the zeppelin; salt salt rudder x", STOP_WORDS
    )
    counts = {term.term: term.count for term in found.terms}
    assert counts == {"salt": 3, "rudder": 1, "subject": 1, "re": 1, "subject: salt": 1}
    assert found.unknown == {"zeppelin": 2}
    assert found.stop_words == {"the": 2}
    assert abs(found.terms[0].part) == max(abs(term.part) for term in found.terms)


def test_newlines_are_read_as_the_container_reads_them(cooks_and_sailors: Fitted) -> None:
    unix, windows = (
        explain(cooks_and_sailors.model, text, STOP_WORDS)
        for text in ("Subject: salt\n\noven", "Subject: salt\r\n\r\noven")
    )
    assert unix == windows
    assert "subject: salt" in {term.term for term in unix.terms}


def test_a_text_without_known_words_is_decided_by_the_priors(cooks_and_sailors: Fitted) -> None:
    found = explain(cooks_and_sailors.model, "zeppelin", STOP_WORDS)
    assert found.category == "cooking"
    assert found.terms == []
    assert found.prior_share == 1
    assert found.difference == pytest.approx(np.log(2))


def test_an_explanation_of_equals_is_still_json(tmp_path: Path) -> None:
    even = fit(tmp_path, ["oven", "mast"], ["cooking", "sailing"])
    found = explain(even.model, "zeppelin", STOP_WORDS)
    assert found.difference == 0
    assert found.prior_share is None
    json.dumps(found.as_dict(), allow_nan=False)
