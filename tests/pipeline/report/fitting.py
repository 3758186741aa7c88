"""Small models for the report's tests: fitted by the containers' own code, written as artefacts and opened again."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.naive_bayes import MultinomialNB

from classifier_container.classifier.artefact.serving_files import save_model
from classifier_container.classifier.model.category_model import CategoryModel
from classifier_container.classifier.wire.feature_stream import FeatureSpace
from pipeline.prediction.invoke import Prediction
from pipeline.report.sources.served_model import ServedModel, open_folders
from pipeline.report.sources.splits import Split
from preprocessor_container.preprocessor.artefact import writing as model_artefact
from preprocessor_container.preprocessor.artefact.serving_files import save_serving
from preprocessor_container.preprocessor.features.text_vectorizer import TextVectorizer

STOP_WORDS = frozenset({b"the", b"and", b"we"})


@dataclass(frozen=True, slots=True)
class Fitted:
    """A served model, and the scikit-learn estimators that it was made of."""

    model: ServedModel
    vectorizer: Any
    estimator: Any


def fit(
    directory: Path, texts: Sequence[str], categories: Sequence[str], temperature: float = 1.0, **settings: Any
) -> Fitted:
    """Fit both models; `settings` are the vectorizer's."""
    vectorizer = TextVectorizer(stop_words=[word.decode() for word in sorted(STOP_WORDS)], **settings)
    rows = vectorizer.fit_transform(texts, categories)
    estimator = MultinomialNB(alpha=0.01).fit(rows, list(categories))
    fingerprint = save_serving(directory / "first" / "serving", vectorizer.fitted_terms())
    logs = estimator.feature_log_prob_.T
    weights = np.ascontiguousarray(logs - logs.mean(axis=1, keepdims=True), dtype=np.float32)
    space = FeatureSpace(rows.shape[1], fingerprint)
    names = tuple(map(str, estimator.classes_))
    save_model(
        directory / "second" / "serving", CategoryModel(names, weights, estimator.class_log_prior_, space, temperature)
    )
    for folder in ("first", "second"):
        model_artefact.save_manifest(directory / folder, {})
    return Fitted(open_folders(directory / "first", directory / "second"), vectorizer, estimator)


def split(model: ServedModel, texts: Sequence[str], categories: Sequence[str]) -> Split:
    """Number the categories as the model does."""
    return Split(list(texts), np.array([model.categories.index(name) for name in categories], dtype=np.intp))


def predictions(model: ServedModel, texts: Sequence[str]) -> list[Prediction]:
    """Answer as an endpoint does: the three likeliest categories."""
    found = []
    for row in model.probabilities(model.scores(model.rows(texts))):
        best = np.argsort(-row, kind="stable")[:3]
        top = [(model.categories[label], float(row[label])) for label in best]
        found.append(Prediction(top[0][0], top[0][1], json.loads(json.dumps(top))))
    return found


def topics(n_categories: int, n_texts: int, seed: int = 1) -> tuple[list[str], list[str]]:
    """Return texts of categories that share some of their words, and the categories."""
    chance = random.Random(seed)
    texts, categories = [], []
    for number in range(n_categories):
        for _ in range(n_texts):
            own = chance.choices([f"own{_letters(number, item)}" for item in range(8)], k=chance.randint(0, 4))
            shared = chance.choices([f"shared{_letters(item, 0)}" for item in range(30)], k=8)
            texts.append(" ".join([*own, *shared, "the"]))
            categories.append(f"category {number:03d}")
    return texts, categories


def _letters(one: int, other: int) -> str:
    return "".join(chr(ord("a") + digit) for digit in (one // 26 % 26, one % 26, other % 26))
