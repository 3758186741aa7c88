"""Serving the classifier: rows in, categories or refusals out, and nothing loaded that answering does not need."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from classifier_container.classifier.artefact.serving_files import load_model
from classifier_container.classifier.errors import ArtefactUnusable
from tests.classifier_container.conftest import Stream
from tests.container_sources import ARROW


@pytest.fixture(scope="module")
def classifier(classifier_inference: ModuleType, classifier_base: Path) -> Any:
    return classifier_inference.model_fn(str(classifier_base / "model"))


@pytest.fixture(scope="module")
def body(stream: Stream, classifier: Any) -> bytes:
    space = classifier.model.space
    return stream([([0], [1.0]), ([], [])], n_features=space.n_features, fingerprint=space.fingerprint)


@pytest.mark.parametrize("content_type", [ARROW, f"{ARROW}; charset=utf-8", ARROW.title()])
def test_arrow_is_answered(classifier_inference: ModuleType, classifier: Any, body: bytes, content_type: str) -> None:
    answer = classifier_inference.transform_fn(classifier, body, content_type, "*/*")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert len(json.loads(answer.get_data())["predictions"]) == 2


def test_answer_names_its_media_type(classifier_inference: ModuleType, classifier: Any, body: bytes) -> None:
    for accept in ("text/csv", "application/jsonlines", "application/json"):
        answer = classifier_inference.transform_fn(classifier, body, ARROW, accept)
        assert answer.mimetype == accept


@pytest.mark.parametrize(
    ("content_type", "accept", "status", "code"),
    [
        ("text/csv", "text/csv", 415, "UnsupportedContentType"),
        ("application/json", "text/csv", 415, "UnsupportedContentType"),
        (ARROW, "application/xml", 406, "UnsupportedAccept"),
        (ARROW, "text/csv", 400, "MalformedArrow"),
    ],
)
def test_bad_request_is_answered_with_a_json_error(
    classifier_inference: ModuleType, classifier: Any, content_type: str, accept: str, status: int, code: str
) -> None:
    answer = classifier_inference.transform_fn(classifier, b"0.5,0.5\n", content_type, accept)
    told = json.loads(answer.get_data())["error"]
    assert (answer.status_code, answer.mimetype, told["code"]) == (status, "application/json", code)
    assert told["message"]


def test_bad_record_is_named(classifier_inference: ModuleType, classifier: Any, stream: Stream) -> None:
    space = classifier.model.space
    bad = stream([([0], [1.0]), ([0], [-1.0])], n_features=space.n_features, fingerprint=space.fingerprint)
    answer = classifier_inference.transform_fn(classifier, bad, ARROW, "text/csv")
    assert json.loads(answer.get_data())["error"]["record"] == 2


def test_body_that_came_as_text_is_refused(classifier_inference: ModuleType, classifier: Any) -> None:
    assert classifier_inference.transform_fn(classifier, "text", "text/csv", "text/csv").status_code == 415


@pytest.mark.parametrize(("top_k", "length"), [(None, 3), ("1", 1), ("2", 2), ("99", 3)])
def test_top_k_is_the_length_of_the_top(
    classifier_inference: ModuleType,
    classifier_base: Path,
    body: bytes,
    top_k: str | None,
    length: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TOP_K", raising=False)
    if top_k is not None:
        monkeypatch.setenv("TOP_K", top_k)
    classifier = classifier_inference.model_fn(str(classifier_base / "model"))
    answer = classifier_inference.transform_fn(classifier, body, ARROW, "application/jsonlines")
    first = json.loads(answer.get_data().split(b"\n")[0])
    assert len(first["top"]) == length
    assert first["top"][0] == {"category": first["category"], "probability": first["probability"]}


@pytest.mark.parametrize("top_k", ["0", "-1", "three", "", "2.5", "\u0663"])
def test_bad_top_k_keeps_the_container_from_starting(
    classifier_inference: ModuleType, classifier_base: Path, top_k: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOP_K", top_k)
    with pytest.raises(SystemExit, match="TOP_K"):
        classifier_inference.model_fn(str(classifier_base / "model"))


def test_answering_loads_neither_scikit_learn_nor_pandas_nor_the_pickle(
    classifier_base: Path, body: bytes, tmp_path: Path
) -> None:
    script = """
import sys
sys.path.insert(0, sys.argv[1] + "/code")
import inference
classifier = inference.model_fn(sys.argv[1])
answer = inference.transform_fn(classifier, open(sys.argv[2], "rb").read(), inference.ARROW, "application/json")
assert answer.status_code == 200
print(*({"sklearn", "pandas", "joblib"} & sys.modules.keys()))
"""
    model = Path(shutil.copytree(classifier_base / "model", tmp_path / "model"))
    (model / "model.joblib").write_bytes(b"not a pickle")
    (tmp_path / "body").write_bytes(body)
    command = [sys.executable, "-c", script, str(model), str(tmp_path / "body")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
    assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == ["started"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("label_map.json", None),
        ("label_map.json", b"[]"),
        ("label_map.json", b'{"format_version": 99}'),
        ("weights.npy", b""),
        ("priors.npy", b"\x93NUMPY"),
    ],
)
def test_damaged_model_is_refused(classifier_base: Path, tmp_path: Path, name: str, content: bytes | None) -> None:
    serving = Path(shutil.copytree(classifier_base / "model" / "serving", tmp_path / "serving"))
    (serving / name).unlink()
    if content is not None:
        (serving / name).write_bytes(content)
    with pytest.raises(ArtefactUnusable, match="Deploy"):
        load_model(serving)


def test_arrays_that_do_not_fit_together_are_refused(classifier_base: Path, tmp_path: Path) -> None:
    serving = Path(shutil.copytree(classifier_base / "model" / "serving", tmp_path / "serving"))
    np.save(serving / "priors.npy", np.zeros(2))
    with pytest.raises(ArtefactUnusable, match="do not fit together"):
        load_model(serving)
