"""An image of the user's own, as `docker run <image> train` and `serve` would have it: programs, run without Docker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_sagemaker.containers import (
    ServingContainer,
    ServingDefinition,
    TrainingContainer,
    TrainingDefinition,
    TrainingOutcome,
    namespaces,
)
from local_sagemaker.containers.images import catalogue
from local_sagemaker.containers.source.archive import pack

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/doubling:latest"

TRAIN = """#!/usr/bin/env python
import json, os, sys
base = os.environ["SAGEMAKER_BASE_DIR"]
parameters = json.load(open(base + "/input/config/hyperparameters.json"))
if "fail" in parameters:
    open(base + "/output/failure", "w").write("no data at all")
    sys.exit(3)
rows = open(base + "/input/data/training/rows.csv").read().split()
import factor
json.dump({"factor": factor.FACTOR * len(rows)}, open(base + "/model/model.json", "w"))
print("trained in", os.getcwd())
"""

SERVE = """#!/usr/bin/env python
import json, os, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

factor = json.load(open(os.environ["SAGEMAKER_BASE_DIR"] + "/model/model.json"))["factor"]

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/ping" else 404)
        self.end_headers()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"%d" % (int(body) * factor))

ThreadingHTTPServer(("", int(os.environ.get("SAGEMAKER_BIND_TO_PORT", 8080))), Handler).serve_forever()
"""

LITERAL = """#!/usr/bin/env python
import os, pathlib
pathlib.Path("/opt/ml/model/found.txt").write_text(" ".join(sorted(os.listdir("/opt/program"))))
assert os.getcwd() == "/opt/program", os.getcwd()
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an image's programs; the image is in the catalogue."""
    folder = tmp_path / "images" / "program"
    folder.mkdir(parents=True)
    (folder / "factor.py").write_text("FACTOR = 2\n")
    for name, text in {"train": TRAIN, "serve": SERVE}.items():
        write_program(folder / name, text)
    (tmp_path / "images" / "doubling.toml").write_text(
        'repository = "doubling"\nfolder = "program"\n[training]\ncommand = ["train"]\n[serving]\ncommand = ["serve"]\n'
    )
    monkeypatch.setenv(catalogue.DIRECTORIES_VARIABLE, str(tmp_path / "images"))
    return folder


def write_program(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o755)


def train(tmp_path: Path, said: list[str], **hyperparameters: str) -> TrainingOutcome:
    channel = tmp_path / "base" / "input" / "data" / "training"
    channel.mkdir(parents=True, exist_ok=True)
    (channel / "rows.csv").write_text("a\nb\nc\n")
    resources = {"current_host": "algo-1", "hosts": ["algo-1"]}
    definition = TrainingDefinition(IMAGE, "job", "us-east-1", hyperparameters, {}, {"training": {}}, None, resources)
    return TrainingContainer(definition, tmp_path / "base", tmp_path / "requirements", said.append).run()


@pytest.fixture
def serving(tmp_path: Path, program: Path) -> Iterator[ServingContainer]:
    """A container of the image, which serves a model."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.json").write_text(json.dumps({"factor": 6}))
    pack(tmp_path / "model", tmp_path / "model.tar.gz")
    definition = ServingDefinition(IMAGE, {}, tmp_path / "model.tar.gz", None)
    container = ServingContainer(definition, tmp_path / "serving", tmp_path / "requirements", lambda _: None)
    yield container
    container.stop()


def test_its_train_program_reads_what_aws_lays_down_and_leaves_a_model(tmp_path: Path, program: Path) -> None:
    said: list[str] = []
    assert train(tmp_path, said) == TrainingOutcome(0, None)
    assert json.loads((tmp_path / "base" / "model" / "model.json").read_text()) == {"factor": 6}
    assert any(line.startswith("trained in ") for line in said)


def test_its_failure_is_told_in_its_own_words_with_its_own_exit_code(tmp_path: Path, program: Path) -> None:
    outcome = train(tmp_path, [], fail="yes")
    assert outcome == TrainingOutcome(3, "AlgorithmError: no data at all, exit code: 3")


@pytest.mark.skipif(namespaces.unavailable() is not None, reason="needs mount namespaces")
def test_its_programs_lie_where_the_image_has_them(tmp_path: Path, program: Path) -> None:
    write_program(program / "train", LITERAL)
    said: list[str] = []
    assert train(tmp_path, said) == TrainingOutcome(0, None), said
    assert (tmp_path / "base" / "model" / "found.txt").read_text() == "factor.py serve train"


def test_its_serve_program_answers_on_the_port_that_it_is_told(serving: ServingContainer) -> None:
    serving.start()
    serving.wait_until_healthy(30)
    for _ in range(3):
        answer = serving.invoke(b"7", "text/plain", None)
        assert (answer.status, answer.content_type, answer.body) == (200, "text/plain", b"42")
    assert serving.execution_parameters() is None
    assert serving.is_alive()


def test_a_server_that_ends_before_it_listens_is_a_failure_with_its_last_line(
    serving: ServingContainer, program: Path
) -> None:
    from local_sagemaker.containers import ContainerFailed

    write_program(program / "serve", "#!/bin/sh\necho the model is broken >&2\nexit 4\n")
    serving.start()
    with pytest.raises(ContainerFailed, match="exit code 4: the model is broken"):
        serving.wait_until_healthy(30)
    assert not serving.is_alive()
