"""The training job of the preprocessor: what it leaves behind, and what it says when it cannot."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from preprocessor_container.preprocessor.artefact.serving_files import load_serving, save_serving
from preprocessor_container.preprocessor.errors import JobRefused
from preprocessor_container.preprocessor.features.text_vectorizer import TextVectorizer
from preprocessor_container.preprocessor.job.channels import read_stop_words, read_texts
from preprocessor_container.preprocessor.job.settings import SettingsParser
from preprocessor_container.preprocessor.job.training_job import channel, run_job
from tests.container_sources import PREPROCESSOR, failure, load_script, run_training, shipped_files, write_channels


@pytest.fixture(scope="module")
def manifest(preprocessor_base: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((preprocessor_base / "model" / "manifest.json").read_bytes())
    return content


@pytest.fixture
def refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs the job below `tmp_path` in this process, and returns why it was refused."""
    script = load_script(PREPROCESSOR, "train")
    for name in [name for name in os.environ if name.startswith("SM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))

    def run(*hyperparameters: str) -> str:
        monkeypatch.setattr(sys, "argv", ["train.py", *hyperparameters])
        with pytest.raises(SystemExit):
            script.run_job(script.main)
        return failure(tmp_path)

    return run


def test_artefact_holds_code_estimator_serving_form_and_manifest(preprocessor_base: Path) -> None:
    model = preprocessor_base / "model"
    assert sorted(path.name for path in model.iterdir()) == ["code", "manifest.json", "model.joblib", "serving"]
    sources = {path.relative_to(PREPROCESSOR): path.read_bytes() for path in PREPROCESSOR.rglob("*.py")}
    code = model / "code"
    assert {path.relative_to(code): path.read_bytes() for path in shipped_files(code)} == sources
    assert Path("preprocessor", "errors.py") in sources


def test_estimator_is_the_stock_vectorizer_and_serves_the_same_rows(
    preprocessor_base: Path, corpus: list[tuple[str, str]]
) -> None:
    texts = [text for text, _ in corpus]
    estimator = joblib.load(preprocessor_base / "model" / "model.joblib")
    assert type(estimator) is TfidfVectorizer
    expected = estimator.transform(texts)
    (served,) = load_serving(preprocessor_base / "model" / "serving").terms.rows(texts)
    for part, values in (("indptr", served.indptr), ("indices", served.indices), ("data", served.values)):
        assert np.array_equal(getattr(expected, part), values)


def test_stop_words_and_single_letters_are_no_terms(preprocessor_base: Path) -> None:
    terms = json.loads((preprocessor_base / "model" / "serving" / "vocabulary.json").read_bytes())
    assert not {"the", "and", "we", "a", "i"} & set(terms)
    assert {"kelvin", "stanbul"} <= set(terms)


def test_manifest_states_the_facts(manifest: dict[str, object]) -> None:
    stop_words = {"source": "this test", "count": 4, "sha256": hashlib.sha256(b"the\nand\nwe\ndon't\n").hexdigest()}
    assert manifest["kind"] == "preprocessor"
    assert (manifest["profile"], manifest["dataset"]) == ("seed", "three topics")
    assert manifest["stop_words"] == stop_words
    assert manifest["libraries"].keys() >= {"scikit-learn", "numpy", "scipy", "pyarrow"}  # type: ignore[attr-defined]
    assert re.fullmatch("[0-9a-f]{64}", str(manifest["fingerprint"]))


def test_manifest_holds_the_digest_of_every_file(manifest: dict[str, object], preprocessor_base: Path) -> None:
    model = preprocessor_base / "model"
    listed = {name: entry["sha256"] for name, entry in manifest["files"].items()}  # type: ignore[attr-defined]
    code = manifest["code"]["files"]  # type: ignore[index]
    everything = {**listed, **{f"code/{name}": digest for name, digest in code.items()}}
    files = [path.relative_to(model).as_posix() for path in shipped_files(model)]
    assert sorted([*everything, "manifest.json"]) == sorted(files)
    assert everything == {name: hashlib.sha256((model / name).read_bytes()).hexdigest() for name in everything}
    lines = "".join(f"{code[name]}  {name}\n" for name in sorted(code))
    assert manifest["code"]["sha256"] == hashlib.sha256(lines.encode()).hexdigest()  # type: ignore[index]


def test_figures_are_in_manifest_and_output_alike(manifest: dict[str, object], preprocessor_base: Path) -> None:
    metrics = json.loads((preprocessor_base / "output" / "data" / "metrics.json").read_bytes())
    assert metrics == {name: manifest[name] for name in ("n_records", "n_features", "n_nonzero", "nonzero_per_row")}
    assert metrics["n_records"] == 60


def test_a_model_without_pairs_is_written_as_before_there_were_any_and_one_with_pairs_comes_back(
    tmp_path: Path,
) -> None:
    texts = ["red fox", "red fox", "fox red"]
    for name, pair_weight in (("without", 0.0), ("with", 1.0)):
        fitted = TextVectorizer(pair_weight=pair_weight).fit(texts)
        save_serving(tmp_path / name, fitted.fitted_terms())
        (served,) = load_serving(tmp_path / name).terms.rows(texts)
        assert np.array_equal(served.values, fitted.transform(texts).data)
    without, pairs = (json.loads((tmp_path / name / "recipe.json").read_bytes()) for name in ("without", "with"))
    assert (without["format_version"], pairs["format_version"]) == (3, 4)
    assert set(without) == {"format_version", "tokens", "subject", "log_counts", "n_features", "fingerprint"}


def test_fingerprint_tells_vocabularies_and_weights_apart(tmp_path: Path) -> None:
    def fingerprint(name: str, *texts: str) -> str:
        return save_serving(tmp_path / name, TextVectorizer().fit(texts).fitted_terms())

    first = fingerprint("first", "oak elm", "oak")
    assert fingerprint("same", "oak elm", "oak") == first
    assert fingerprint("other words", "oak ash", "oak") != first
    assert fingerprint("other weights", "oak elm", "elm") != first


def test_users_mistake_is_one_line_of_failure_and_no_trace(tmp_path: Path) -> None:
    base = write_channels(tmp_path, train={"a.csv": "data,label_names\nx\n"}, stopwords={"stopwords.txt": ""})
    done = run_training(PREPROCESSOR, base)
    assert done.returncode == 1
    assert (
        failure(base)
        == "a.csv, line 2: 1 columns where the header line has 2; quote fields that hold commas or newlines"
    )
    assert failure(base) in done.stderr
    assert "Traceback" not in done.stderr


def test_unknown_hyperparameter_is_a_users_mistake(refusal: Callable[..., str]) -> None:
    assert refusal("--tokenz", "letters") == "hyperparameters: unrecognized arguments: --tokenz letters"


def test_texts_without_a_word_are_a_users_mistake(tmp_path: Path, refusal: Callable[..., str]) -> None:
    write_channels(tmp_path, train={"a.csv": "data,label_names\n12,c\n"}, stopwords={"stopwords.txt": "the\n"})
    assert "no terms are left" in refusal()


def test_unexpected_error_keeps_its_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SM_OUTPUT_DIR", str(tmp_path))

    def broken() -> None:
        raise ZeroDivisionError("a bug\nof ours")

    with pytest.raises(ZeroDivisionError):
        run_job(broken)
    assert (tmp_path / "failure").read_text() == "ZeroDivisionError: a bug of ours (the job's log has the trace)"


def test_failure_is_cut_to_what_sagemaker_keeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SM_OUTPUT_DIR", str(tmp_path))

    def refused() -> None:
        raise JobRefused("x" * 5000)

    with pytest.raises(SystemExit):
        run_job(refused)
    assert len((tmp_path / "failure").read_text()) == 1024


def test_places_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SM_CHANNEL_TRAIN", raising=False)
    monkeypatch.delenv("SAGEMAKER_BASE_DIR", raising=False)
    assert channel("train") == Path("/opt/ml/input/data/train")
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", "/elsewhere")
    assert channel("train") == Path("/elsewhere/input/data/train")
    monkeypatch.setenv("SM_CHANNEL_TRAIN", "/given")
    assert channel("train") == Path("/given")


def test_parser_refuses_instead_of_leaving(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(JobRefused, match="unrecognized"):
        SettingsParser().parse_args(["--nonsense"])


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "holds no .csv, .csv.gz or .parquet file; give it one with the columns 'data' and 'label_names'"),
        ({"a.csv": ""}, "a.csv, line 1: column 'data' is there not at all; the header line has "),
        ({"a.csv": "data,label\nx,y\n"}, "a.csv, line 1: column 'label_names' is there not at all.*'data', 'label'"),
        ({"a.csv": "data,label_names,data\n"}, "column 'data' is there more than once"),
        ({"a.csv": "data,label_names\n"}, "a.csv: there is no record in it"),
        ({"a.csv": 'data,label_names\n"x\ny",c\nz\n'}, "a.csv, line 4: 1 columns where the header line has 2"),
        ({"a.csv": 'data,label_names\nx,c\n"y'}, "a.csv, line 3: a quoted field is not closed"),
        ({"a.csv": "data,label_names\nx,c\ny,\n"}, "a.csv, line 3: column 'label_names' is empty"),
        ({"a.csv": b"data,label_names\nx,c\n\xff,c\n"}, "a.csv, line 3: not UTF-8 at byte 21"),
        ({"a.csv": "data,label_names\nx,c\n", "b.csv": "nothing"}, "b.csv, line 1: column 'data'"),
    ],
)
def test_bad_training_file_is_refused_with_file_and_line(
    tmp_path: Path, files: dict[str, bytes | str], message: str
) -> None:
    write_channels(tmp_path, train=files)
    with pytest.raises(JobRefused, match=message):
        read_texts(tmp_path / "input" / "data" / "train", "data", "label_names")


def test_files_are_read_in_order_and_lines_restored(tmp_path: Path) -> None:
    write_channels(
        tmp_path,
        train={
            "b.csv": "label_names,data\nc2,second\n",
            "a.csv": '\ufeffdata,x,label_names\r\n"one\u2028two\r\nthree",,c1\r\n',
        },
    )
    data = read_texts(tmp_path / "input" / "data" / "train", "data", "label_names")
    assert (data.texts, data.categories, data.n_files) == (["one\ntwo\nthree", "second"], ["c1", "c2"], 2)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "stopwords.txt: there is no such file"),
        ({"stopwords.txt": b"\xff"}, "stopwords.txt, line 1: not UTF-8"),
        ({"stopwords.txt": "the\n", "stopwords.json": "[]"}, "stopwords.json: expected"),
    ],
)
def test_bad_stop_words_are_refused(tmp_path: Path, files: dict[str, bytes | str], message: str) -> None:
    write_channels(tmp_path, stopwords=files)
    with pytest.raises(JobRefused, match=message):
        read_stop_words(tmp_path / "input" / "data" / "stopwords")


def test_stop_words_are_one_per_line(tmp_path: Path) -> None:
    write_channels(tmp_path, stopwords={"stopwords.txt": "the\r\n\n of \ndon't"})
    read = read_stop_words(tmp_path / "input" / "data" / "stopwords")
    assert (read.words, read.source) == (["the", "of", "don't"], "unknown")


def test_container_ships_nothing_that_the_image_lacks() -> None:
    modules = {path.stem for path in PREPROCESSOR.iterdir()}
    assert not modules & sys.stdlib_module_names
    assert not (PREPROCESSOR / "requirements.txt").exists()


def test_several_large_files_are_read_at_once_and_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preprocessor_container.preprocessor.job.channels._WORTH_PROCESSES", 0)
    monkeypatch.setenv("SM_NUM_CPUS", "2")
    for name in ("b", "a", "c"):
        (tmp_path / f"{name}.csv").write_text(f"data,label_names\n{name} 1,x\n{name} 2,y\n")
    data = read_texts(tmp_path, "data", "label_names")
    assert data.texts == ["a 1", "a 2", "b 1", "b 2", "c 1", "c 2"]
    (tmp_path / "b.csv").write_text("data,label_names\nb,\n")
    with pytest.raises(JobRefused, match=r"b\.csv, line 2"):
        read_texts(tmp_path, "data", "label_names")
