"""The preprocessor on anything: each request is answered or refused, and each text becomes the row that plain
scikit-learn makes of it.
"""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import joblib
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from classifier_container.classifier.wire.feature_stream import read_features
from preprocessor_container.preprocessor.features.text_vectorizer import TextVectorizer
from preprocessor_container.preprocessor.features.tokens import TokenKind, is_term, tokenizer
from tests.container_sources import ARROW
from tests.fuzz.answers import assert_answer_or_refusal
from tests.fuzz.anything import (
    any_text,
    csv_of,
    damaged,
    header_values,
    json_documents,
    long_texts,
    plain_texts,
    tables,
    texts,
)
from tests.fuzz.campaign import fuzzed

PLAIN, CSV, JSON, LINES, NPZ = (
    "text/plain",
    "text/csv",
    "application/json",
    "application/jsonlines",
    "application/x-npz",
)
CHARSETS = [
    "utf-8",
    "UTF8",
    "latin-1",
    '"windows-1252"',
    "utf-16",
    "UTF-16LE",
    "gb18030",
    "big5",
    "shift_jis",
    "klingon",
    "",
]
content_types = (
    st.sampled_from([PLAIN, CSV, JSON, LINES])
    | st.builds("{}; charset={}".format, st.sampled_from([PLAIN, CSV, JSON, LINES]), st.sampled_from(CHARSETS))
    | header_values
)
accepts = st.sampled_from([ARROW, NPZ, "application/x-recordio-protobuf", "*/*"]) | header_values
bodies = damaged((tables | json_documents | plain_texts).map(str.encode)) | st.binary()
typed_bodies = (
    st.tuples(st.just(CSV), damaged(tables.map(str.encode)))
    | st.tuples(st.just(JSON), damaged(json_documents.map(str.encode)))
    | st.tuples(st.just(LINES), damaged(st.lists(json_documents).map(lambda lines: "\n".join(lines).encode())))
)


@pytest.fixture(scope="module")
def serving(preprocessor_inference: ModuleType, preprocessor_base: Path) -> tuple[ModuleType, Any]:
    return preprocessor_inference, preprocessor_inference.model_fn(str(preprocessor_base / "model"))


@fuzzed(body=bodies, content_type=content_types, accept=accepts)
def test_any_request_to_the_preprocessor_is_answered_or_refused(
    serving: tuple[ModuleType, Any], body: bytes, content_type: str, accept: str
) -> None:
    inference, model = serving
    assert_answer_or_refusal(inference.transform_fn(model, body, content_type, accept))


@fuzzed(request_=typed_bodies)
def test_damaged_csv_json_and_json_lines_are_answered_or_refused(
    serving: tuple[ModuleType, Any], request_: tuple[str, bytes]
) -> None:
    content_type, body = request_
    inference, model = serving
    assert_answer_or_refusal(inference.transform_fn(model, body, content_type, ARROW))


@fuzzed(10, text=long_texts, content_type=st.sampled_from([PLAIN, CSV, JSON, LINES]))
def test_any_long_text_is_answered_or_refused(serving: tuple[ModuleType, Any], text: str, content_type: str) -> None:
    inference, model = serving
    assert_answer_or_refusal(inference.transform_fn(model, text.encode(), content_type, ARROW))
    assert_answer_or_refusal(inference.transform_fn(model, json.dumps(text).encode(), JSON, ARROW))


@fuzzed(sent=st.lists(plain_texts, max_size=6))
def test_every_record_is_answered_in_csv_and_json_alike(serving: tuple[ModuleType, Any], sent: list[str]) -> None:
    inference, model = serving
    forms = [(json.dumps(sent), JSON), (json.dumps({"instances": [{"text": text} for text in sent]}), JSON)]
    if sent:  # an empty body is refused
        forms += [
            (csv_of([[text] for text in sent]), CSV),
            (csv_of([[text] for text in sent], "\r\n"), f"{CSV}; charset=utf-8"),
            ("\n".join(json.dumps(text) for text in sent), LINES),
        ]
    answers = [inference.transform_fn(model, body.encode(), content_type, ARROW) for body, content_type in forms]
    assert {answer.status_code for answer in answers} == {200}
    rows = [read_features(answer.get_data()) for answer in answers]
    assert {found.n_rows for found in rows} == {len(sent)}
    assert len({found.indices.tobytes() + found.values.tobytes() for found in rows}) == 1


@fuzzed(sent=st.lists(any_text, min_size=1, max_size=6))
def test_any_texts_become_the_rows_of_plain_scikit_learn(
    serving: tuple[ModuleType, Any], preprocessor_base: Path, sent: list[str]
) -> None:
    inference, model = serving
    answer = inference.transform_fn(model, json.dumps(sent).encode(), JSON, NPZ)
    served = sp.load_npz(io.BytesIO(answer.get_data()))
    stock = joblib.load(preprocessor_base / "model" / "model.joblib")
    assert type(stock) is TfidfVectorizer
    expected = stock.transform(sent)
    assert np.array_equal(served.indptr, expected.indptr)
    assert np.array_equal(served.toarray(), expected.toarray())


@fuzzed(
    corpus=st.lists(any_text.map(lambda text: f"{text} word"), min_size=1, max_size=6),
    asked=st.lists(any_text, min_size=1),
)
def test_any_vocabulary_is_the_one_of_plain_scikit_learn(corpus: list[str], asked: list[str]) -> None:
    stock = TfidfVectorizer(token_pattern=r"[a-z]{2,}", dtype=np.float32).fit(corpus)
    ours = TextVectorizer().fit(corpus)
    assert ours.vocabulary_ == stock.vocabulary_
    assert np.array_equal(ours.term_weights_, stock.idf_)
    assert np.array_equal(ours.transform(asked).toarray(), stock.transform(asked).toarray())


@fuzzed(text=texts)
def test_any_text_is_cut_as_the_regular_expressions_cut_it(text: str) -> None:
    patterns = {TokenKind.LETTERS: r"[a-z]{2,}", TokenKind.WORDS: r"\w\w+"}
    for kind, pattern in patterns.items():
        found = [token.decode() for token in tokenizer(kind)(text) if is_term(token)]
        assert found == re.findall(pattern, text.lower())


@fuzzed(text=texts | long_texts, kind=st.sampled_from(TokenKind))
def test_a_subject_only_adds_terms_of_its_own(text: str, kind: TokenKind) -> None:
    plain, with_subject = (list(tokenizer(kind, subject)(text)) for subject in (False, True))
    assert with_subject[: len(plain)] == plain
    assert all(token.startswith(b"s:") for token in with_subject[len(plain) :])
