"""The training job of the classifier: what it leaves behind, and what it says when it cannot."""

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
from sklearn.naive_bayes import MultinomialNB

from classifier_container.classifier.artefact.serving_files import load_model
from classifier_container.classifier.errors import JobRefused
from classifier_container.classifier.job.channels import read_pairs
from tests.classifier_container.conftest import Stream
from tests.container_sources import CLASSIFIER, failure, load_script, run_training, shipped_files, write_channels


@pytest.fixture(scope="module")
def manifest(classifier_base: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((classifier_base / "model" / "manifest.json").read_bytes())
    return content


@pytest.fixture
def refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs the job below `tmp_path` in this process, and returns why it was refused."""
    script = load_script(CLASSIFIER, "train")
    for name in [name for name in os.environ if name.startswith("SM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path))

    def run(*hyperparameters: str) -> str:
        monkeypatch.setattr(sys, "argv", ["train.py", *hyperparameters])
        with pytest.raises(SystemExit):
            script.run_job(script.main)
        return failure(tmp_path)

    return run


def test_artefact_holds_code_estimator_serving_form_and_manifest(classifier_base: Path) -> None:
    model = classifier_base / "model"
    assert sorted(path.name for path in model.iterdir()) == ["code", "manifest.json", "model.joblib", "serving"]
    sources = {path.relative_to(CLASSIFIER): path.read_bytes() for path in CLASSIFIER.rglob("*.py")}
    code = model / "code"
    assert {path.relative_to(code): path.read_bytes() for path in shipped_files(code)} == sources
    assert Path("classifier", "errors.py") in sources


def test_estimator_is_stock_naive_bayes_over_category_names(classifier_base: Path) -> None:
    estimator = joblib.load(classifier_base / "model" / "model.joblib")
    assert type(estimator) is MultinomialNB
    assert estimator.alpha == 0.01
    assert load_model(classifier_base / "model" / "serving").categories == tuple(estimator.classes_)


def test_manifest_states_the_facts(manifest: dict[str, object], preprocessor_base: Path) -> None:
    first = json.loads((preprocessor_base / "model" / "manifest.json").read_bytes())
    assert manifest["kind"] == "classifier"
    assert manifest["categories"] == ["cooking, baking", "gardening", "sailing"]
    assert manifest["n_records"] == 60
    for name in ("fingerprint", "n_features", "n_nonzero"):
        assert manifest[name] == first[name]
    assert re.fullmatch("[0-9a-f]{64}", str(manifest["fingerprint"]))


def test_manifest_holds_the_digest_of_every_file(manifest: dict[str, object], classifier_base: Path) -> None:
    model = classifier_base / "model"
    code = manifest["code"]["files"]  # type: ignore[index]
    listed = {name: entry["sha256"] for name, entry in manifest["files"].items()}  # type: ignore[attr-defined]
    everything = {**listed, **{f"code/{name}": digest for name, digest in code.items()}}
    files = [path.relative_to(model).as_posix() for path in shipped_files(model)]
    assert sorted([*everything, "manifest.json"]) == sorted(files)
    assert everything == {name: hashlib.sha256((model / name).read_bytes()).hexdigest() for name in everything}


def test_training_accuracy_is_logged_for_metric_definitions(
    tmp_path: Path, stream: Stream, manifest: dict[str, object]
) -> None:
    features = stream([([1], [1.0]), ([2], [1.0]), ([1], [1.0])])
    base = write_channels(tmp_path, features={"a.csv.out": features}, labels={"a.csv": "x\ny\ny\n"})
    done = run_training(CLASSIFIER, base, "--alpha", "0.5", "--fit_prior", "False")
    assert done.returncode == 0, done.stderr
    logged = re.search(r"training_accuracy=([0-9.]+);", done.stdout)
    assert logged is not None
    assert float(logged.group(1)) == pytest.approx(2 / 3)
    assert json.loads((base / "output" / "data" / "metrics.json").read_bytes())["training_accuracy"] == pytest.approx(
        2 / 3
    )
    priors = load_model(base / "model" / "serving").priors
    np.testing.assert_allclose(np.exp(priors), [0.5, 0.5])


def test_users_mistake_is_one_line_of_failure_and_no_trace(tmp_path: Path, stream: Stream) -> None:
    base = write_channels(tmp_path, features={"a.csv.out": stream([([1], [1.0])])}, labels={"a.csv": "x\ny\n"})
    done = run_training(CLASSIFIER, base)
    assert done.returncode == 1
    assert failure(base).startswith("a.csv.out has 1 rows but a.csv has 2 labels; run the batch transform again")
    assert failure(base) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("hyperparameters", "message"),
    [
        (("--alpha", "0"), "'0' is not a number above 0"),
        (("--alpha", "nan"), "'nan' is not a number above 0"),
        (("--alpha", "much"), "--alpha: invalid _positive value: 'much'"),
        (("--fit_prior", "maybe"), "'maybe' is neither True nor False"),
        (("--alfa", "1"), "unrecognized arguments: --alfa 1"),
    ],
)
def test_bad_hyperparameter_is_a_users_mistake(
    hyperparameters: tuple[str, str], message: str, refusal: Callable[..., str]
) -> None:
    told = refusal(*hyperparameters)
    assert told.startswith("hyperparameters: ")
    assert message in told


def test_one_category_is_too_few(tmp_path: Path, stream: Stream, refusal: Callable[..., str]) -> None:
    write_channels(tmp_path, features={"a.csv.out": stream([([1], [1.0])])}, labels={"a.csv": "x\n"})
    assert refusal() == "channel labels: 1 category in 1 records; give at least two"


def read(base: Path) -> None:
    read_pairs(base / "input" / "data" / "features", base / "input" / "data" / "labels")


def test_files_are_paired_by_name(tmp_path: Path, stream: Stream) -> None:
    features = {"part-2.csv.out": stream([([2], [2.0])]), "part-10.csv.out": stream([([1], [1.0])], [([], [])])}
    base = write_channels(tmp_path, features=features, labels={"part-10.csv": 'x\r\n"y, z"', "part-2.csv": "w\n"})
    data = read_pairs(base / "input" / "data" / "features", base / "input" / "data" / "labels")
    assert data.categories == ["x", "y, z", "w"]
    assert data.matrix.toarray()[:, :3].tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 2]]
    assert data.matrix.shape == (3, 10)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({}, "a.csv.out of channel features has no a.csv in channel labels"),
        ({"a.csv": "x\n", "b.csv": "x\n"}, "b.csv of channel labels has no b.csv.out in channel features"),
        ({"a.csv": "x\ny\n"}, "a.csv.out has 1 rows but a.csv has 2 labels"),
        ({"a.csv": "x,y\n"}, "a.csv, line 1: 2 columns where one category is expected"),
        ({"a.csv": "x\n\n"}, "a.csv, line 2: 0 columns where one category is expected"),
        ({"a.csv": '""\n'}, "a.csv, line 1: an empty column where one category is expected"),
        ({"a.csv": '"x\n'}, "a.csv, line 1: unexpected end of data"),
        ({"a.csv": b"\xff\n"}, "a.csv: not UTF-8 at byte 0"),
    ],
)
def test_bad_labels_are_refused_with_file_and_line(
    tmp_path: Path, stream: Stream, labels: dict[str, bytes | str], message: str
) -> None:
    base = write_channels(tmp_path, features={"a.csv.out": stream([([1], [1.0])])}, labels=labels)
    (base / "input" / "data" / "labels").mkdir(exist_ok=True)
    with pytest.raises(JobRefused, match=message):
        read(base)


def test_bad_features_are_refused_with_the_file(tmp_path: Path, stream: Stream) -> None:
    base = write_channels(tmp_path, features={"a.csv.out": stream([([1], [1.0])])[:-9]}, labels={"a.csv": "x\n"})
    with pytest.raises(JobRefused, match=r"a\.csv\.out: The body is not a whole Arrow IPC stream"):
        read(base)


def test_features_of_two_preprocessors_are_refused(tmp_path: Path, stream: Stream) -> None:
    row = [([1], [1.0])]
    features = {"a.csv.out": stream(row), "b.csv.out": stream(row, fingerprint="xyz")}
    base = write_channels(tmp_path, features=features, labels={"a.csv": "x\n", "b.csv": "y\n"})
    with pytest.raises(JobRefused, match=r"b\.csv\.out: The rows were made by another preprocessor"):
        read(base)


def test_no_features_at_all_are_refused(tmp_path: Path) -> None:
    base = write_channels(tmp_path, features={"readme.txt": "x"}, labels={"a.csv": "x\n"})
    with pytest.raises(JobRefused, match="holds no"):
        read(base)


def test_container_ships_nothing_that_the_image_lacks() -> None:
    modules = {path.stem for path in CLASSIFIER.iterdir()}
    assert not modules & sys.stdlib_module_names
    assert not (CLASSIFIER / "requirements.txt").exists()
