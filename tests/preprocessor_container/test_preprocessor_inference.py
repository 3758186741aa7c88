"""Serving the preprocessor: requests in, rows or refusals out, and nothing loaded that answering does not need."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import joblib
import numpy as np
import pytest
import scipy.sparse as sp

from preprocessor_container.preprocessor.artefact.serving_files import load_serving
from preprocessor_container.preprocessor.errors import ArtefactUnusable
from tests.container_sources import ARROW, PREPROCESSOR

NPZ = "application/x-npz"


@pytest.fixture(scope="module")
def model(preprocessor_inference: ModuleType, preprocessor_base: Path) -> Any:
    return preprocessor_inference.model_fn(str(preprocessor_base / "model"))


def test_served_rows_are_the_estimators(
    preprocessor_inference: ModuleType, model: Any, preprocessor_base: Path, corpus: list[tuple[str, str]]
) -> None:
    texts = [text for text, _ in corpus]
    answer = preprocessor_inference.transform_fn(model, json.dumps(texts).encode(), "application/json", NPZ)
    served = sp.load_npz(io.BytesIO(answer.get_data()))
    expected = joblib.load(preprocessor_base / "model" / "model.joblib").transform(texts)
    assert (answer.status_code, answer.mimetype) == (200, NPZ)
    assert np.array_equal(served.toarray(), expected.toarray())


@pytest.mark.parametrize("accept", ["*/*", ARROW, "application/json;q=0.5, application/*"])
def test_arrow_is_the_answer_unless_another_is_asked_for(
    preprocessor_inference: ModuleType, model: Any, accept: str
) -> None:
    answer = preprocessor_inference.transform_fn(model, b"oven", "text/plain; charset=utf-8", accept)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, ARROW)


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "status", "error"),
    [
        (b"<a/>", "application/xml", ARROW, 415, {"code": "UnsupportedContentType"}),
        (b"a", "text/plain", "application/json", 406, {"code": "UnsupportedAccept"}),
        (b"a\xff", "text/plain", ARROW, 400, {"code": "InvalidEncoding"}),
        (b"a\nb,c", "text/csv", ARROW, 400, {"code": "WrongColumnCount", "record": 2}),
    ],
)
def test_bad_request_is_answered_with_a_json_error(
    preprocessor_inference: ModuleType,
    model: Any,
    body: bytes,
    content_type: str,
    accept: str,
    status: int,
    error: dict[str, object],
) -> None:
    answer = preprocessor_inference.transform_fn(model, body, content_type, accept)
    told = json.loads(answer.get_data())["error"]
    assert (answer.status_code, answer.mimetype) == (status, "application/json")
    assert told.pop("message")
    assert told == error


def test_answering_loads_neither_scikit_learn_nor_pandas_nor_the_pickle(preprocessor_base: Path) -> None:
    script = """
import sys
sys.path.insert(0, sys.argv[1] + "/code")
import inference
model = inference.model_fn(sys.argv[1])
for accept in ("application/vnd.apache.arrow.stream", "application/x-npz", "application/x-recordio-protobuf"):
    answer = inference.transform_fn(model, b"oven\\nmast", "text/csv", accept)
    assert answer.status_code == 200
print(*({"sklearn", "pandas", "joblib", "google.protobuf"} & sys.modules.keys()))
"""
    model_directory = preprocessor_base / "model"
    hidden = model_directory / "model.joblib"
    with_pickle = hidden.read_bytes()
    hidden.write_bytes(b"not a pickle")
    try:
        command = [sys.executable, "-c", script, str(model_directory)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        hidden.write_bytes(with_pickle)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
    assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == ["started"]


def test_toolkits_lossy_decoding_is_switched_off(tmp_path: Path) -> None:
    toolkit = tmp_path / "sagemaker_containers"
    toolkit.mkdir()
    (toolkit / "__init__.py").touch()
    (toolkit / "_content_types.py").write_text('UTF8_TYPES = ["application/json", "text/csv"]\n')
    script = "import sagemaker_containers._content_types as types, inference; print(types.UTF8_TYPES)"
    environment = {"PYTHONPATH": f"{tmp_path}:{PREPROCESSOR}", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("recipe.json", None),
        ("recipe.json", b"{}"),
        ("recipe.json", b'{"format_version": 99}'),
        ("term_hashes.npy", None),
        ("term_hashes.npy", b"\x93NUMPY"),
        ("term_weights.npy", b"\x93NUMPY"),
        ("term_weights.npy", b""),
    ],
)
def test_damaged_model_is_refused(preprocessor_base: Path, tmp_path: Path, name: str, content: bytes | None) -> None:
    serving = Path(shutil.copytree(preprocessor_base / "model" / "serving", tmp_path / "serving"))
    (serving / name).unlink()
    if content is not None:
        (serving / name).write_bytes(content)
    with pytest.raises(ArtefactUnusable, match="Deploy"):
        load_serving(serving)


def test_array_with_pickled_objects_is_refused(preprocessor_base: Path, tmp_path: Path) -> None:
    serving = Path(shutil.copytree(preprocessor_base / "model" / "serving", tmp_path / "serving"))
    np.save(serving / "term_weights.npy", np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(ArtefactUnusable):
        load_serving(serving)


def test_batch_transform_is_told_what_suits(preprocessor_inference: ModuleType) -> None:
    told = json.loads(preprocessor_inference.execution_parameters_fn().get_data())
    assert told["BatchStrategy"] == "MULTI_RECORD"
    assert told["MaxConcurrentTransforms"] >= 1
    assert told["MaxConcurrentTransforms"] * told["MaxPayloadInMB"] <= 100
