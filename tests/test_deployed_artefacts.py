"""A container serves the artefact that was deployed, or says in one line why it does not start."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipeline.artefacts.runs import Artefact
from pipeline.artefacts.source_code import Container
from pipeline.deployment.repacking import repack
from pipeline.jobs.container_environment import MANIFEST_VARIABLE, Serving
from pipeline.jobs.model import ContainerFacts, container_definition


@pytest.fixture(params=["preprocessor", "classifier"])
def inference(request: pytest.FixtureRequest) -> ModuleType:
    module: ModuleType = request.getfixturevalue(f"{request.param}_inference")
    return module


@pytest.fixture
def model(inference: ModuleType, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of the container's artefact, to be changed."""
    base: Path = request.getfixturevalue(f"{inference.__name__.partition('_')[0]}_base")
    return Path(shutil.copytree(base / "model", tmp_path / "model"))


def digest(model: Path) -> str:
    return hashlib.sha256((model / "manifest.json").read_bytes()).hexdigest()


def events(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_deployed_artefact_is_served_and_the_log_says_so(
    inference: ModuleType, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(MANIFEST_VARIABLE, digest(model))
    inference.model_fn(str(model))
    (event,) = events(capsys)
    assert (event["event"], event["manifest_sha256"], event["trusts"]) == ("started", digest(model), MANIFEST_VARIABLE)


def test_without_a_recorded_digest_the_manifest_is_believed_and_the_log_says_so(
    inference: ModuleType, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(MANIFEST_VARIABLE, raising=False)
    inference.model_fn(str(model))
    (event,) = events(capsys)
    assert event["trusts"] == f"manifest.json, since {MANIFEST_VARIABLE} is not set"


def flip_a_byte(model: Path) -> None:
    path = next((model / "serving").glob("*weights.npy"))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def change_both(model: Path) -> None:
    """Change the weights, and the manifest so that it agrees with them."""
    flip_a_byte(model)
    manifest = json.loads((model / "manifest.json").read_bytes())
    for name in manifest["files"]:
        manifest["files"][name]["sha256"] = hashlib.sha256((model / name).read_bytes()).hexdigest()
    (model / "manifest.json").write_text(json.dumps(manifest))


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "weights": (flip_a_byte, "weights.npy was changed"),
    "weights and manifest": (change_both, "manifest.json was changed"),
    "a file too many": (lambda model: (model / "serving" / "more.npy").touch(), "serving/more.npy"),
    "a file missing": (lambda model: next((model / "serving").glob("*weights.npy")).unlink(), "weights.npy stands in"),
    "no serving folder": (lambda model: shutil.rmtree(model / "serving"), "cannot be checked"),
    "no manifest": (lambda model: (model / "manifest.json").unlink(), "cannot be checked"),
    "manifest of no JSON": (lambda model: (model / "manifest.json").write_bytes(b"\xff"), "manifest.json was changed"),
}


@pytest.mark.parametrize(("change", "said"), CHANGES.values(), ids=CHANGES)
def test_changed_artefact_keeps_the_container_from_starting_with_one_line(
    inference: ModuleType,
    model: Path,
    change: Callable[[Path], object],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(MANIFEST_VARIABLE, digest(model))
    change(model)
    with pytest.raises(SystemExit, match=said):
        inference.model_fn(str(model))
    (event,) = events(capsys)
    assert event["event"] == "refused to start"
    assert said in event["reason"]
    assert "Deploy the model.tar.gz" in event["reason"]


@pytest.mark.parametrize("manifest", [b"", b"[]", b"{}", b'{"files": []}', b'{"files": {"serving/x": 1}}', b"[" * 9999])
def test_manifest_that_is_none_is_refused_where_no_digest_is_recorded(
    inference: ModuleType, model: Path, manifest: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(MANIFEST_VARIABLE, raising=False)
    (model / "manifest.json").write_bytes(manifest)
    with pytest.raises(SystemExit):
        inference.model_fn(str(model))


def test_definition_carries_the_digest_of_a_repacked_manifest(
    preprocessor_base: Path, preprocessor_inference: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained, repacked = tmp_path / "trained.tar.gz", tmp_path / "repacked.tar.gz"
    with tarfile.open(trained, "w:gz") as archive:
        archive.add(preprocessor_base / "model", ".")
    artefact = Artefact.described("job", "s3://b/k", repack(trained, repacked, Container.PREPROCESSOR.folder))
    definition = container_definition(Container.PREPROCESSOR, artefact, ContainerFacts("image", "run", "code"))
    with tarfile.open(repacked) as archive:
        archive.extractall(tmp_path / "model", filter="data")
    assert dict(definition.environment)[MANIFEST_VARIABLE] == digest(tmp_path / "model")
    monkeypatch.setenv(MANIFEST_VARIABLE, digest(tmp_path / "model"))
    preprocessor_inference.model_fn(str(tmp_path / "model"))


def test_run_without_a_recorded_digest_can_still_be_deployed() -> None:
    definition = container_definition(Container.CLASSIFIER, artefact_of_code(), ContainerFacts("image", "run", "code"))
    assert MANIFEST_VARIABLE not in dict(definition.environment)


def artefact_of_code(*names: str) -> Artefact:
    return Artefact(job="job", uri="s3://b/k", manifest={"code": {"files": dict.fromkeys(names, "digest")}})


@pytest.mark.parametrize("container", Container)
@pytest.mark.parametrize(
    ("serving", "names", "installs"),
    [
        (Serving.WSGI, ("inference.py", "serving.py"), False),
        (Serving.TOOLKIT, ("inference.py", "serving.py"), True),
        (Serving.WSGI, ("inference.py",), True),
    ],
    ids=["our own application", "the toolkit", "a model of a time without our own application"],
)
def test_definition_tells_pip_what_to_do_only_where_something_is_installed(
    container: Container, serving: Serving, names: tuple[str, ...], installs: bool
) -> None:
    facts = ContainerFacts("image", "run", "code", serving)
    environment = dict(container_definition(container, artefact_of_code(*names), facts).environment)
    of_the_toolkit = {"SAGEMAKER_PROGRAM", "SAGEMAKER_SUBMIT_DIRECTORY", "PIP_NO_BUILD_ISOLATION", "PIP_NO_INDEX"}
    assert environment.keys() & of_the_toolkit == (of_the_toolkit if installs else set())
    assert ("SAGEMAKER_SERVING_MODULE" in environment) is not installs
    assert ("PYTHONPATH" in environment) is not installs


@pytest.mark.parametrize(
    ("names", "arguments"),
    [
        (("serving.py",), "--preload"),
        (("serving.py", "gunicorn_settings.py"), "--preload --config=python:gunicorn_settings"),
    ],
    ids=["a model of a time without settings of gunicorn's", "with them"],
)
def test_gunicorn_is_pointed_at_settings_that_the_artefact_holds(names: tuple[str, ...], arguments: str) -> None:
    facts = ContainerFacts("image", "run", "code", Serving.WSGI)
    environment = dict(container_definition(Container.CLASSIFIER, artefact_of_code(*names), facts).environment)
    assert environment["GUNICORN_CMD_ARGS"] == arguments


def test_unexpected_failure_is_a_json_500_and_one_line_without_the_request(
    inference: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*arguments: object) -> None:
        raise KeyError("a secret of the sender")

    monkeypatch.setattr(inference, "choose_format", fail)
    answer = inference.transform_fn(None, b"a secret of the sender", "text/plain", "*/*")
    assert (answer.status_code, answer.mimetype) == (500, "application/json")
    assert json.loads(answer.get_data())["error"]["code"] == "InternalError"
    logged = capsys.readouterr().err
    assert "secret" not in logged + answer.get_data(as_text=True)
    (event,) = map(json.loads, logged.splitlines())
    assert (event["event"], event["error"]) == ("failed", "KeyError")
    assert event["where"][-1].startswith("test_deployed_artefacts.py:")
