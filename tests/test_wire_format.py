"""The wire between the containers, from both ends: what the preprocessor writes is what the classifier reads."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import joblib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier_container.classifier.wire.feature_stream import FeatureSpace, read_features
from preprocessor_container.preprocessor.features.term_rows import TermRows
from preprocessor_container.preprocessor.wire.arrow_stream import Wire
from tests.container_sources import ARROW

Row = dict[int, float]
ROWS = st.lists(st.dictionaries(st.integers(0, 99), st.floats(0.0009765625, 1, width=32), max_size=6), max_size=8)
WIRE, SPACE = Wire(100, "abc"), FeatureSpace(100, "abc")


def term_rows(rows: list[Row]) -> TermRows:
    ordered = [sorted(row.items()) for row in rows]
    indptr = np.cumsum([0, *map(len, ordered)], dtype=np.int32)
    indices = np.array([index for row in ordered for index, _ in row], np.int32)
    values = np.array([value for row in ordered for _, value in row], np.float32)
    return TermRows(indptr, indices, values, 100)


@given(st.lists(st.lists(ROWS, max_size=3), min_size=1, max_size=3))
def test_rows_come_out_as_they_went_in(streams: list[list[list[Row]]]) -> None:
    body = b"".join(WIRE.encode(map(term_rows, batches)) for batches in streams)
    read = read_features(body, SPACE)
    expected = term_rows([row for batches in streams for rows in batches for row in rows])
    assert np.array_equal(read.indptr, expected.indptr)
    assert np.array_equal(read.indices, expected.indices)
    assert np.array_equal(read.values, expected.values)


@pytest.fixture(scope="module")
def chain(
    preprocessor_inference: ModuleType, preprocessor_base: Path, classifier_inference: ModuleType, classifier_base: Path
) -> Any:
    """Both containers, one behind the other, as an endpoint has them."""
    first = preprocessor_inference.model_fn(str(preprocessor_base / "model"))
    second = classifier_inference.model_fn(str(classifier_base / "model"))

    def answer(body: bytes, content_type: str, accept: str = "application/json") -> Any:
        vectors = preprocessor_inference.transform_fn(first, body, content_type, ARROW)
        return classifier_inference.transform_fn(second, vectors.get_data(), vectors.headers["Content-Type"], accept)

    return answer


def test_chain_answers_as_the_two_estimators_do(
    chain: Any, corpus: list[tuple[str, str]], preprocessor_base: Path, classifier_base: Path
) -> None:
    texts = [text for text, _ in corpus]
    vectorizer, estimator = (
        joblib.load(base / "model" / "model.joblib") for base in (preprocessor_base, classifier_base)
    )
    answer = json.loads(chain(json.dumps(texts).encode(), "application/json").get_data())["predictions"]
    assert [entry["category"] for entry in answer] == estimator.predict(vectorizer.transform(texts)).tolist()
    probabilities = estimator.predict_proba(vectorizer.transform(texts)).max(axis=1)
    np.testing.assert_allclose([entry["probability"] for entry in answer], probabilities, atol=1e-6)


def test_text_without_a_known_word_is_answered_from_the_priors(chain: Any, corpus: list[tuple[str, str]]) -> None:
    answer = json.loads(chain(b"12345 \xf0\x9f\x98\x80", "text/plain").get_data())["predictions"]
    shares = {category: sum(label == category for _, label in corpus) / len(corpus) for _, category in corpus}
    assert len(answer) == 1
    assert {entry["category"]: pytest.approx(entry["probability"]) for entry in answer[0]["top"]} == shares


@pytest.mark.parametrize("n_records", [0, 1, 2, 1000])
def test_order_and_number_of_records_are_kept(chain: Any, n_records: int) -> None:
    texts = [("oven butter", "soil compost", "mast rudder", "")[position % 4] for position in range(n_records)]
    answer = chain(json.dumps({"instances": texts}).encode(), "application/json", "text/csv").get_data().decode()
    categories = [record[0] for record in csv.reader(io.StringIO(answer, newline=""))]
    expected = {"oven butter": "cooking, baking", "soil compost": "gardening", "mast rudder": "sailing"}
    assert [expected.get(text, "cooking, baking") for text in texts] == categories


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"The mast,\na rudder", "text/plain"),
        (b'"The mast,\na rudder"', "text/csv"),
        ("The mast\u2028a rudder".encode(), "text/csv; charset=utf-8"),
        (b'{"text": "The mast,\\na rudder"}', "application/json"),
        (b'"The mast, a rudder"', "application/jsonlines; charset=utf-8"),
    ],
)
def test_every_content_type_gives_the_same_answer(chain: Any, body: bytes, content_type: str) -> None:
    assert chain(body, content_type).get_data() == chain(b"mast rudder", "text/plain").get_data()


@pytest.mark.parametrize(
    "text", ["", " \t\n", "\x00", "\u05e9\u05dc\u05d5\u05dd", "e\u0301\u0302" * 50, "\r\n\r\n", "word " * 200_000]
)
def test_odd_texts_are_answered(chain: Any, text: str) -> None:
    answer = chain(json.dumps(text).encode(), "application/json")
    assert answer.status_code == 200
    assert len(json.loads(answer.get_data())["predictions"]) == 1


def test_batch_transforms_output_reads_back_as_one_matrix(
    preprocessor_inference: ModuleType, preprocessor_base: Path, corpus: list[tuple[str, str]]
) -> None:
    model = preprocessor_inference.model_fn(str(preprocessor_base / "model"))

    def features(texts: list[str]) -> bytes:
        body: bytes = preprocessor_inference.transform_fn(
            model, json.dumps(texts).encode(), "application/json", ARROW
        ).get_data()
        return body

    texts = [text for text, _ in corpus]
    whole, parts = read_features(features(texts)), read_features(features(texts[:7]) + features(texts[7:]))
    assert np.array_equal(whole.indptr, parts.indptr)
    assert np.array_equal(whole.values, parts.values)
