"""The models that are compared: the pipeline as its two training scripts and its serving code make it, and
scikit-learn's plain ones.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from benchmarks.accuracy.derived import Texts
from pipeline.jobs.staged_parts import staged
from pipeline.profiles import load
from preprocessor_container.preprocessor.features.text_parts import stripped_copies
from tests.container_sources import ARROW, CLASSIFIER, PREPROCESSOR, load_script, run_training, write_channels

Classify = Callable[[Sequence[str]], list[str]]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Both models, fitted."""

    classify: Classify
    scores: Callable[[Sequence[str]], NDArray[np.float64]]
    """Log probabilities of the categories up to a constant in each row, before the temperature."""
    probabilities: Callable[[Sequence[str]], NDArray[np.float64]]
    """Of all categories, for each text."""
    categories: Sequence[str]
    selection: dict[str, Any]
    n_features: int
    weights_bytes: int
    """Of the classifier's weights, as they are served."""


def pipeline(train: Texts, stop_words: Sequence[str], profile_name: str = "best") -> Pipeline:
    """Fit both models by their own training scripts; what they answer comes from their serving code."""
    from classifier_container.classifier.model.category_model import probabilities
    from classifier_container.classifier.wire.feature_stream import read_features

    profile = load(profile_name)
    with tempfile.TemporaryDirectory() as directory:
        first = Path(directory) / "first"
        train_preprocessor(first, train, stop_words, profile_name)
        output = first / "output" / "data" / "selection.json"
        selection = json.loads(output.read_bytes()) if output.exists() else {"classifier": profile.classifier}
        inference = load_script(PREPROCESSOR, "inference")
        with redirect_stderr(io.StringIO()):  # the containers' log
            preprocessor = inference.model_fn(str(first / "model"))

        def vectors(texts: Sequence[str]) -> bytes:
            answer = inference.transform_fn(preprocessor, staged(texts), "text/csv", ARROW)
            assert answer.status_code == 200, answer.get_data()
            content: bytes = answer.get_data()
            return content

        with_copies = profile.preprocessor.get("stripped_copies") and selection.get("with_copies", True)
        copied, copies = stripped_copies(train.texts) if with_copies else ([], [])
        named = train.categories + [train.categories[position] for position in copied]
        second = write_channels(
            Path(directory) / "second",
            features={"part-00000.csv.out": vectors([*train.texts, *copies])},
            labels={"part-00000.csv": staged(named)},
        )
        _run(CLASSIFIER, second, selection["classifier"])
        answering = load_script(CLASSIFIER, "inference")
        with redirect_stderr(io.StringIO()):
            classifier = answering.model_fn(str(second / "model"))

    def classify(texts: Sequence[str]) -> list[str]:
        answer = answering.transform_fn(classifier, vectors(texts), ARROW, "text/csv").get_data().decode()
        return [row[0] for row in csv.reader(io.StringIO(answer))]

    def scores(texts: Sequence[str]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = classifier.model.scores(read_features(vectors(texts), None))
        return found

    def shares(texts: Sequence[str]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = probabilities(classifier.model.tempered(scores(texts)))
        return found

    weights = classifier.model.weights
    return Pipeline(classify, scores, shares, classifier.model.categories, selection, len(weights), weights.nbytes)


def train_preprocessor(base: Path, train: Texts, stop_words: Sequence[str], profile_name: str = "best") -> str:
    """Fit the first model by its training script, with all that it needs and leaves below `base`; return its log."""
    profile, table = load(profile_name), io.StringIO(newline="")
    csv.writer(table).writerows([("data", "label_names"), *zip(train.texts, train.categories, strict=True)])
    write_channels(base, train={"train.csv": table.getvalue()}, stopwords={"stopwords.txt": "\n".join(stop_words)})
    return _run(PREPROCESSOR, base, {**profile.for_preprocessor, "profile": profile.name})


def _run(source: Path, base: Path, settings: dict[str, Any]) -> str:
    arguments = [part for name, value in settings.items() for part in (f"--{name}", str(value))]
    done = run_training(source, base, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def plain_bayes(train: Texts) -> Classify:
    """scikit-learn's `TfidfVectorizer` and `MultinomialNB(alpha=0.01)`."""
    return _fitted(make_pipeline(TfidfVectorizer(), MultinomialNB(alpha=0.01)), train)


def linear_svc(train: Texts) -> Classify:
    """scikit-learn's `TfidfVectorizer` and `LinearSVC`."""
    return _fitted(make_pipeline(TfidfVectorizer(), LinearSVC()), train)


def logistic_regression(train: Texts) -> Classify:
    """scikit-learn's `TfidfVectorizer` and `LogisticRegression`."""
    return _fitted(make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000)), train)


def _fitted(model: Any, train: Texts) -> Classify:
    model.fit(train.texts, train.categories)
    return lambda texts: list(model.predict(texts))
