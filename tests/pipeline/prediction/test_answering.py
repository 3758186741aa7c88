"""The test split through an endpoint: in order, some requests ahead, and none of the answers held."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest

from pipeline.aws.session import Session
from pipeline.prediction import evaluate
from pipeline.prediction.evaluate import InferenceOption, classify
from pipeline.prediction.invoke import Prediction


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    def answered(session: Session, body: bytes) -> list[Prediction]:
        return [Prediction(line, 0.5, []) for line in body.decode().split("\n")[:-1]]

    monkeypatch.setattr(evaluate, "classify_csv", answered)
    return cast("Session", SimpleNamespace(runtime=None))


def test_answers_come_in_the_order_of_the_texts(session: Session) -> None:
    texts = [f"text {number}" for number in range(2345)]
    found = classify(session, "model", texts, InferenceOption.ENDPOINT)
    assert [prediction.category for prediction in found] == texts


def test_texts_are_taken_only_as_answers_are(session: Session) -> None:
    taken = 0

    def texts() -> Iterator[str]:
        nonlocal taken
        for number in range(100_000):
            taken += 1
            yield f"text {number}"

    answers = evaluate._by_endpoint(session, texts(), 100_000)
    assert next(answers).category == "text 0"
    assert taken <= 1_000
    answers.close()
    assert not [
        thread for thread in threading.enumerate() if thread.name.startswith("ThreadPool") and not thread.daemon
    ]
