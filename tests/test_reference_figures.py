"""Profile `seed` on 20 Newsgroups gives the reference figures, to the digit, through the code that serves."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import joblib
import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import fetch_20newsgroups
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import accuracy_score, f1_score
from sklearn.naive_bayes import MultinomialNB

from pipeline.report.figures.analysis import Source, analyse
from pipeline.report.output.tables import tables
from pipeline.report.sources.served_model import open_folders
from tests.container_sources import ARROW, CLASSIFIER, PREPROCESSOR, run_training, write_channels
from tests.pipeline.report.conftest import FACTS, silently
from tests.pipeline.report.fitting import predictions as answers
from tests.pipeline.report.fitting import split as report_split

_CACHED = Path(os.environ.get("SCIKIT_LEARN_DATA", "~/scikit_learn_data")).expanduser() / "20news-bydate_py3.pkz"

pytestmark = [
    pytest.mark.long,
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


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base directory of the preprocessor's training job."""
    train = split("train")
    base = write_channels(
        tmp_path_factory.mktemp("seed") / "first",
        train={"train.csv": table(["data", *train.texts], ["label_names", *train.categories])},
        stopwords={"stopwords.txt": "\n".join(english_stop_words())},
    )
    assert run_training(PREPROCESSOR, base).returncode == 0
    return base


@pytest.fixture(scope="module")
def second(first: Path, preprocessor_inference: ModuleType) -> Path:
    """The base directory of the classifier's training job."""
    train = split("train")
    model = preprocessor_inference.model_fn(str(first / "model"))
    features = preprocessor_inference.transform_fn(model, table(train.texts), "text/csv", ARROW).get_data()
    base = write_channels(
        first.parent / "second",
        features={"part-00000.csv.out": features},
        labels={"part-00000.csv": table(train.categories)},
    )
    assert run_training(CLASSIFIER, base, "--alpha", "0.01").returncode == 0
    return base


def test_seed_profile_reproduces_the_reference(
    preprocessor_inference: ModuleType, classifier_inference: ModuleType, first: Path, second: Path
) -> None:
    train, test = split("train"), split("test")
    metrics = json.loads((first / "output" / "data" / "metrics.json").read_bytes())
    assert metrics == {"n_records": 11314, "n_features": 85964, "n_nonzero": 1149626, "nonzero_per_row": 101.61}

    preprocessor = preprocessor_inference.model_fn(str(first / "model"))

    def vectors(texts: Sequence[str], accept: str = ARROW) -> bytes:
        content: bytes = preprocessor_inference.transform_fn(preprocessor, table(texts), "text/csv", accept).get_data()
        return content

    served_rows = []
    for texts in (train.texts, test.texts):
        served = sp.load_npz(io.BytesIO(vectors(texts, "application/x-npz")))
        expected = joblib.load(first / "model" / "model.joblib").transform(texts)
        assert np.array_equal(served.indptr, expected.indptr)
        assert np.array_equal(served.indices, expected.indices)
        assert np.array_equal(served.data, expected.data)
        served_rows.append(served)

    classifier = classifier_inference.model_fn(str(second / "model"))
    estimator = joblib.load(second / "model" / "model.joblib")
    answer = classifier_inference.transform_fn(classifier, vectors(test.texts), ARROW, "text/csv").get_data().decode()
    predicted = answer.split("\n")
    assert predicted == estimator.predict(expected).tolist()
    assert accuracy_score(test.categories, predicted) == 0.8187732342007435
    assert f1_score(test.categories, predicted, average="macro") == 0.8118865539222201

    plain = PlainModels(train)
    rows = sp.vstack([plain.train_rows, plain.rows(test.texts)])
    assert rows.shape == (18846, 85964)
    assert abs(sp.vstack(served_rows) - rows).max() < 1e-6
    on_train = (
        classifier_inference.transform_fn(classifier, vectors(train.texts), ARROW, "text/csv").get_data().decode()
    )
    assert [*on_train.split("\n"), *predicted] == plain.classifier.predict(rows).tolist()
    for text, category in zip(test.texts[:100], predicted, strict=False):
        assert (
            classifier_inference.transform_fn(classifier, vectors([text]), ARROW, "text/csv").get_data()
            == category.encode()
        )


class PlainModels:
    """What the reference does, with nothing of ours: cleaning by regular expressions, stock estimators."""

    def __init__(self, train: Split) -> None:
        self._stop_words = frozenset(english_stop_words())
        self.vectorizer = TfidfVectorizer()
        self.train_rows = self.vectorizer.fit_transform([self._clean(text) for text in train.texts])
        self.classifier = MultinomialNB(alpha=0.01).fit(self.train_rows, train.categories)

    def rows(self, texts: Sequence[str]) -> sp.csr_matrix:
        return self.vectorizer.transform([self._clean(text) for text in texts])

    def _clean(self, text: str) -> str:
        words = re.sub(r"[^a-z]", " ", text.strip().lower()).split()
        return " ".join(word for word in words if word not in self._stop_words)


def test_report_on_seed_holds_every_figure_of_the_reference(first: Path, second: Path) -> None:
    model = open_folders(first / "model", second / "model")
    train, test = (report_split(model, part.texts, part.categories) for part in (split("train"), split("test")))
    stop_words = frozenset(word.encode() for word in english_stop_words())
    found = analyse(FACTS, Source(model, train, test, stop_words, answers(model, test.texts), 0.01), silently)
    matrix, words, scores = found.data.matrix, found.data.words, found.model.scores
    assert (found.data.train_records, found.data.test_records) == (11314, 7532)
    assert (matrix.vocabulary, matrix.nonzeros, round(matrix.nonzeros_per_row, 2)) == (85964, 1149626, 101.61)
    assert (words.tokens, words.between_bounds_tokens) == (1897170, 461680)
    assert scores.accuracy.value == 0.8187732342007435
    assert scores.macro_f1.value == 0.8118865539222201
    assert sum(item.support for item in scores.per_category) == 7532
    atheism, religion = (found.categories.index(name) for name in ("alt.atheism", "talk.religion.misc"))
    assert found.model.confusion[atheism, atheism] == 241
    assert found.model.confusion[atheism, religion] == 23
    assert found.model.confusion[religion, atheism] == 35
    shown = tables(found)["key"]
    assert {str(row[0].shown): str(row[1].shown) for row in shown.rows} == {
        "accuracy": "0.8187732342007435",
        "macro-F1": "0.8118865539222201",
        "weighted F1": repr(scores.weighted_f1.value),
        "test records": "7,532",
        "vocabulary": "85,964",
        "non-zeros of the train split": "1,149,626",
        "non-zeros per row": "101.61",
        "tokens of the train split": "1,897,170",
        "words of the cloud between the bounds": "461,680",
    }


def english_stop_words() -> list[str]:
    """NLTK's list; every reference figure is the same with the 179 words it had and the 198 it has."""
    nltk = pytest.importorskip("nltk")
    try:
        words: list[str] = nltk.corpus.stopwords.words("english")
    except LookupError:
        pytest.skip("NLTK's stop words are not there (NLTK_DATA)")
    return words
