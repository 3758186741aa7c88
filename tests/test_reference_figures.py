"""Profile `seed` on 20 Newsgroups gives the reference figures, to the digit, through the code that serves."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import joblib
import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import fetch_20newsgroups
from sklearn.metrics import accuracy_score, f1_score

from tests.container_sources import ARROW, CLASSIFIER, PREPROCESSOR, run_training, write_channels

_CACHED = Path(os.environ.get("SCIKIT_LEARN_DATA", "~/scikit_learn_data")).expanduser() / "20news-bydate_py3.pkz"

pytestmark = [
    pytest.mark.newsgroups,
    pytest.mark.skipif(not _CACHED.exists(), reason=f"20 Newsgroups is not there: {_CACHED}"),
]


@dataclass(frozen=True, slots=True)
class Split:
    """One split of 20 Newsgroups as the reference takes it: without each post's first five lines and empty lines."""

    texts: list[str]
    categories: list[str]


def split(name: str) -> Split:
    bunch = fetch_20newsgroups(subset=name, download_if_missing=False)
    texts = ["\n".join(line for line in post.split("\n")[5:] if line.strip()) for post in bunch.data]
    return Split(texts, [bunch.target_names[label] for label in bunch.target])


def table(*columns: Sequence[str]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(zip(*columns, strict=True))
    return buffer.getvalue().encode()


def test_seed_profile_reproduces_the_reference(
    preprocessor_inference: ModuleType, classifier_inference: ModuleType, tmp_path: Path
) -> None:
    train, test = split("train"), split("test")
    first = write_channels(
        tmp_path / "first",
        train={"train.csv": table(["data", *train.texts], ["label_names", *train.categories])},
        stopwords={"stopwords.txt": "\n".join(english_stop_words())},
    )
    assert run_training(PREPROCESSOR, first).returncode == 0
    metrics = json.loads((first / "output" / "data" / "metrics.json").read_bytes())
    assert metrics == {"n_records": 11314, "n_features": 85964, "n_nonzero": 1149626, "nonzero_per_row": 101.61}

    preprocessor = preprocessor_inference.model_fn(str(first / "model"))

    def vectors(texts: Sequence[str], accept: str = ARROW) -> bytes:
        content: bytes = preprocessor_inference.transform_fn(preprocessor, table(texts), "text/csv", accept).get_data()
        return content

    for texts in (train.texts, test.texts):
        served = sp.load_npz(io.BytesIO(vectors(texts, "application/x-npz")))
        expected = joblib.load(first / "model" / "model.joblib").transform(texts)
        assert np.array_equal(served.indptr, expected.indptr)
        assert np.array_equal(served.indices, expected.indices)
        assert np.array_equal(served.data, expected.data)

    second = write_channels(
        tmp_path / "second",
        features={"part-00000.csv.out": vectors(train.texts)},
        labels={"part-00000.csv": table(train.categories)},
    )
    assert run_training(CLASSIFIER, second, "--alpha", "0.01").returncode == 0
    classifier = classifier_inference.model_fn(str(second / "model"))
    estimator = joblib.load(second / "model" / "model.joblib")
    answer = classifier_inference.transform_fn(classifier, vectors(test.texts), ARROW, "text/csv").get_data().decode()
    predicted = answer.split("\n")
    assert predicted == estimator.predict(expected).tolist()
    assert accuracy_score(test.categories, predicted) == 0.8187732342007435
    assert f1_score(test.categories, predicted, average="macro") == 0.8118865539222201


def english_stop_words() -> list[str]:
    """NLTK's list; every reference figure is the same with the 179 words it had and the 198 it has."""
    nltk = pytest.importorskip("nltk")
    try:
        words: list[str] = nltk.corpus.stopwords.words("english")
    except LookupError:
        pytest.skip("NLTK's stop words are not there (NLTK_DATA)")
    return words
