"""The classifier on anything: each request is answered or refused, and what the preprocessor wrote is answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import strategies as st

from tests.container_sources import ARROW
from tests.fuzz.answers import assert_answer_or_refusal
from tests.fuzz.anything import damaged, header_values, texts
from tests.fuzz.campaign import fuzzed

Serving = tuple[ModuleType, Any]
accepts = st.sampled_from(["application/json", "text/csv", "application/jsonlines", "*/*"]) | header_values


@pytest.fixture(scope="module")
def serving(classifier_inference: ModuleType, classifier_base: Path) -> Serving:
    return classifier_inference, classifier_inference.model_fn(str(classifier_base / "model"))


@pytest.fixture(scope="module")
def features(preprocessor_inference: ModuleType, preprocessor_base: Path) -> Callable[[list[str]], bytes]:
    """Texts to the bytes that the preprocessor sends for them."""
    model = preprocessor_inference.model_fn(str(preprocessor_base / "model"))

    def write(sent: list[str]) -> bytes:
        body = json.dumps(sent).encode()
        written: bytes = preprocessor_inference.transform_fn(model, body, "application/json", ARROW).get_data()
        return written

    return write


@fuzzed(body=st.binary(), content_type=st.just(ARROW) | header_values, accept=accepts)
def test_any_request_to_the_classifier_is_answered_or_refused(
    serving: Serving, body: bytes, content_type: str, accept: str
) -> None:
    inference, model = serving
    assert_answer_or_refusal(inference.transform_fn(model, body, content_type, accept))


@fuzzed(
    0.25, data=st.data(), words=st.lists(st.sampled_from(["oven soil", "mast", "rudder rudder keel", ""]), max_size=4)
)
def test_damaged_arrow_is_answered_or_refused(
    serving: Serving, features: Callable[[list[str]], bytes], data: st.DataObject, words: list[str]
) -> None:
    inference, model = serving
    body = data.draw(damaged(st.just(features(words))))
    answer = inference.transform_fn(model, body, ARROW, "application/json")
    assert_answer_or_refusal(answer)
    if answer.status_code == 200:
        for prediction in json.loads(answer.get_data())["predictions"]:
            assert 0 <= prediction["probability"] <= 1


@fuzzed(sent=st.lists(texts, max_size=5), parts=st.integers(1, 3))
def test_any_texts_pass_through_both_containers(
    serving: Serving, features: Callable[[list[str]], bytes], sent: list[str], parts: int
) -> None:
    inference, model = serving
    answer = inference.transform_fn(model, features(sent) * parts, ARROW, "application/json")
    assert answer.status_code == 200
    predictions = json.loads(answer.get_data())["predictions"]
    assert len(predictions) == parts * len(sent)
    assert predictions == predictions[: len(sent)] * parts
