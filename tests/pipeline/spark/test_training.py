"""What the tasks of a job come to, in parts however small: the models that are fitted on all texts at once."""

from __future__ import annotations

import csv
import gzip
import importlib
import pickle
import random
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from pipeline.spark import shipping
from tests.container_sources import CLASSIFIER, PREPROCESSOR
from tests.pipeline.spark import in_a_row

TOPICS = {
    "baking": "oven flour butter whisk garlic dough salt bake",
    "sailing": "mast rudder harbour tide keel anchor salt gale",
    "garden": "soil compost prune mulch trellis hoe salt shovel",
}
OWN = ("spark_job", "preprocessor", "classifier")
"""Packages that are imported under these names here alone."""


def _forget() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in OWN]:
        del sys.modules[name]


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The program of a job, with its tasks in a row."""
    _forget()
    for name, stand_in in in_a_row.modules().items():
        monkeypatch.setitem(sys.modules, name, stand_in)
    monkeypatch.setattr(sys, "path", [str(shipping.PROGRAM), *sys.path])
    (tmp_path / "py-files").mkdir()
    for name, content in shipping.archives().items():
        (tmp_path / "py-files" / f"{name}.zip").write_bytes(content)
    module("sources").unpack_sources(tmp_path / "py-files")
    yield
    _forget()


def module(name: str) -> ModuleType:
    return importlib.import_module(f"spark_job.{name}")


def of_container(name: str) -> ModuleType:
    return importlib.import_module(name)


def records(n_records: int) -> list[tuple[str, str]]:
    """Make texts with header blocks, some with quoted lines, so that there are bare copies."""
    numbers = random.Random(3)
    made = []
    for _ in range(n_records):
        topic = numbers.choice(sorted(TOPICS))
        words = numbers.choices((TOPICS[topic] + " the many ships of it").split(), k=numbers.randint(3, 14))
        text = f"Subject: {words[0]} and {words[1]}\n\n{' '.join(words)}"
        made.append((f"{text}\n> quoted {words[-1]}" if numbers.random() < 0.4 else text, topic))
    return made


def write_corpus(folder: Path, made: list[tuple[str, str]]) -> tuple[str, Path]:
    (folder / "train").mkdir()
    lines = ['"{}",{}'.format(text.replace("\n", "\u2028"), topic) for text, topic in made]
    (folder / "train" / "train.csv").write_text("\n".join(["data,label_names", *lines]), encoding="utf-8")
    (folder / "stopwords").mkdir()
    (folder / "stopwords" / "stopwords.txt").write_text("the\nof\n")
    return str(folder / "train"), folder / "stopwords"


SETTINGS: dict[str, Any] = {
    "tokens": "words",
    "subject_weight": 1.5,
    "pair_weight": 0.5,
    "term_frequency": "log",
    "idf": "plain",
    "category_floor": 0.02,
    "max_features": 60,
    "stripped_copies": True,
}


@pytest.mark.usefixtures("job")
@pytest.mark.parametrize("part_bytes", [700, 4000, 10**7])
def test_both_models_are_those_of_all_texts_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part_bytes: int
) -> None:
    corpus = module("corpus")
    monkeypatch.setattr(corpus, "PART_BYTES", part_bytes)
    made = records(150)
    source, stop_words = write_corpus(tmp_path, made)
    parts, columns = tuple(corpus.parts_of(source)), corpus.Columns("data", "label_names")
    assert len(parts) == 1 if part_bytes == 10**7 else len(parts) > 3
    session = in_a_row.Session()
    learnt = module("preprocessor_training").train(session, parts, columns, SETTINGS, stop_words, tmp_path / "first")
    featurizing = module("feature_rows").Featurizing(parts, columns, True, learnt.categories)
    chosen = {"background_strength": 0.2, "background_share": 0.95, "fit_prior": False, "passes": 3}
    module("classifier_training").train(session, featurizing, learnt, chosen, tmp_path / "second")

    texts, categories = with_copies(made)
    vectorizer = fitted_vectorizer(texts, categories)
    expected = vectorizer.fitted_terms()
    shipped = load(tmp_path / "first", "preprocessor")
    assert list(shipped.vocabulary_) == list(vectorizer.vocabulary_)
    assert len(shipped.vocabulary_) == 60
    np.testing.assert_array_max_ulp(learnt.terms.weights, expected.weights, maxulp=1)

    estimator = load(tmp_path / "second", "classifier")
    rows = vectorizer.transform(texts)
    alpha = of_container("classifier.model.background_prior").background_alpha(rows, 0.2, 0.95)
    fit = of_container("classifier.model.discriminative_counts").fit
    other = fit(rows, categories, alpha, False, 3)
    for name in ("feature_count_", "feature_log_prob_", "class_count_", "class_log_prior_"):
        np.testing.assert_allclose(getattr(estimator, name), getattr(other, name), rtol=1e-9, err_msg=name)


def with_copies(made: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
    texts, categories = [text for text, _ in made], [topic for _, topic in made]
    copied, copies = of_container("preprocessor.features.text_parts").stripped_copies(texts)
    assert copies
    return texts + copies, categories + [categories[place] for place in copied]


def fitted_vectorizer(texts: list[str], categories: list[str]) -> Any:
    settings = {name: value for name, value in SETTINGS.items() if name != "stripped_copies"}
    vectorizer = of_container("preprocessor.features.text_vectorizer").TextVectorizer
    return vectorizer(stop_words=["the", "of"], **settings).fit(texts, categories)


def load(output: Path, container: str) -> Any:
    """Load an artefact's estimator; see that the artefact is whole and holds the container's code."""
    with tarfile.open(output / "output" / "model.tar.gz") as archive:
        names = set(archive.getnames())
        file = archive.extractfile("model.joblib")
        assert file is not None
        estimator = pickle.loads(file.read())
    folder = {"preprocessor": PREPROCESSOR, "classifier": CLASSIFIER}[container]
    code = {f"code/{path.relative_to(folder).as_posix()}" for path in folder.rglob("*.py")}
    assert {"manifest.json", "serving", "model.joblib", *code} <= names
    return estimator


def write_files_of_all_kinds(folder: Path, made: list[tuple[str, str]]) -> None:
    """Write records as files whose order by their paths is not that of their names as texts."""
    (folder / "part" / "b").mkdir(parents=True)
    lines = ['"{}",{}\n'.format(text.replace("\n", "\u2028"), topic) for text, topic in made]
    csvs = {"part/a.csv": lines[:120], "part/b.csv.gz": lines[120:160], "part-2.csv": lines[160:200]}
    for name, some in csvs.items():
        content = "".join(["data,label_names\n", *some]).encode()
        (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    texts, topics = [text for text, _ in made[200:]], [topic for _, topic in made[200:]]
    table = pa.table({"n": range(len(texts)), "label_names": pa.array(topics).dictionary_encode(), "data": texts})
    parquet.write_table(table, folder / "part" / "b" / "c.parquet", row_group_size=23)


@pytest.mark.usefixtures("job")
@pytest.mark.parametrize("part_bytes", [700, 10**7])
def test_of_a_large_corpus_settings_are_chosen_by_the_training_jobs_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part_bytes: int
) -> None:
    corpus, sampling, sample = module("corpus"), module("sampling"), of_container("preprocessor.streaming.sample")
    monkeypatch.setattr(corpus, "PART_BYTES", part_bytes)
    made = records(260)
    folder = tmp_path / "train"
    write_files_of_all_kinds(folder, made)
    paths = of_container("preprocessor.streaming.chunks").channel_files(folder)
    parts, columns = tuple(corpus.parts_of(str(folder))), corpus.Columns("data", "label_names")
    assert corpus.bytes_of_files(parts) == sum(path.stat().st_size for path in paths)
    everything = sampling.sampled(in_a_row.Session(), parts, columns)
    assert sorted(zip(everything.records.texts, everything.records.categories, strict=True)) == sorted(made)
    monkeypatch.setattr(sampling, "LARGE", 1000)
    for size in (1, 20_000, 40_000, 10**7):
        for one in (sampling, sample):
            monkeypatch.setattr(one, "SAMPLE_BYTES", size)
        some = sampling.sampled(in_a_row.Session(), parts, columns)
        expected = sample.read_sample(paths, "data", "label_names")
        assert list(zip(some.records.texts, some.records.categories, strict=True)) == expected.pairs
        assert (some.n_records, len(expected.pairs)) == (260, {1: 1, 10**7: 260}.get(size, len(expected.pairs)))
        assert expected.n_records == 260
    monkeypatch.setattr(sampling, "_MORE_THAN_ENOUGH", 1e-6)
    assert sampling.sampled(in_a_row.Session(), parts, columns) == some, "what is too little is made more"


@pytest.mark.usefixtures("job")
def test_a_lake_is_answered_as_the_models_answer(tmp_path: Path) -> None:
    source, stop_words = write_corpus(tmp_path, records(80))
    corpus, session = module("corpus"), in_a_row.Session()
    parts, columns = tuple(corpus.parts_of(source)), corpus.Columns("data", "label_names")
    learnt = module("preprocessor_training").train(session, parts, columns, {}, stop_words, tmp_path / "preprocessor")
    featurizing = module("feature_rows").Featurizing(parts, columns, False, learnt.categories)
    module("classifier_training").train(session, featurizing, learnt, {"alpha": 0.1}, tmp_path / "classifier")
    unpacked = module("artefacts").unpack_models(laid_out(tmp_path))
    models = module("lake_answers.shipped_models").ShippedModels.load(
        unpacked, {"preprocessor": None, "classifier": None}
    )
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "a.csv").write_text('n,words\n1,"flour, butter\nand dough"\n2,\n3,rudder keel\n')
    lake = module("lake_answers.lake").Lake(str(tmp_path / "lake"), str(tmp_path / "out"), "words", "csv")
    (tmp_path / "out").mkdir()
    assert module("lake_answers.lake").classify_lake(session, lake, models) == (3, 1)
    with (tmp_path / "out" / "part-00000.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["n"] for row in rows] == ["1", "2", "3"]
    assert [row["words"] for row in rows] == ["flour, butter\nand dough", "", "rudder keel"]
    assert [rows[0]["category"], rows[2]["category"]] == ["baking", "sailing"]
    (ranking,) = models.rank(["rudder keel"])
    assert float(rows[2]["probability"]) == pytest.approx(ranking.probabilities[0, 0], rel=1e-12)
    assert (tmp_path / "out" / "_SUCCESS").exists()
    bad = module("lake_answers.lake").Lake(str(tmp_path / "lake"), str(tmp_path / "out"), "text", "csv")
    with pytest.raises(Exception, match=r"a\.csv: there is no single column 'text'; it has 'n', 'words'"):
        module("lake_answers.lake").classify_lake(session, bad, models)


def laid_out(folder: Path) -> Path:
    """Lay both artefacts out as a job gets them."""
    for name in ("preprocessor", "classifier"):
        (folder / "in" / name).mkdir(parents=True)
        (folder / name / "output" / "model.tar.gz").rename(folder / "in" / name / "model.tar.gz")
    return folder / "in"
