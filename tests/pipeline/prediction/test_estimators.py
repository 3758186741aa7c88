"""The pickled estimators are opened only if they are what training wrote, and this scikit-learn wrote them."""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.artefacts.runs import Artefact
from pipeline.artefacts.source_code import Container
from pipeline.deployment.repacking import repack
from pipeline.errors import PipelineError
from pipeline.prediction.estimators import load_estimator
from preprocessor_container.preprocessor.artefact.writing import save_manifest


@pytest.fixture
def model(classifier_base: Path, tmp_path: Path) -> Path:
    """A copy of the classifier's artefact, to be changed."""
    return Path(shutil.copytree(classifier_base / "model", tmp_path / "model"))


def packed(model: Path) -> Path:
    archive = model.with_name("model.tar.gz")
    with tarfile.open(archive, "w:gz") as members:
        members.add(model, ".")
    return archive


def recorded(model: Path) -> Artefact:
    return Artefact.described("job", "s3://bucket/model.tar.gz", (model / "manifest.json").read_bytes())


def test_what_training_wrote_is_opened(model: Path, corpus: list[tuple[str, str]]) -> None:
    estimator = load_estimator(recorded(model), packed(model))
    assert set(estimator.classes_) == {category for _, category in corpus}


@pytest.mark.parametrize("module", ["flat_estimator", "rooms_of_one.features.estimator"])
def test_estimator_whose_class_lies_beside_it_is_opened(module: str, tmp_path: Path) -> None:
    """In a package, as training writes it, or in a module of the folder itself, as older artefacts have it."""
    model = tmp_path / "model"
    source = model / "code" / f"{module.replace('.', '/')}.py"
    source.parent.mkdir(parents=True)
    source.write_text("class Estimator:\n    learnt = 'something'\n")
    write = f"import joblib; from {module} import Estimator; joblib.dump(Estimator(), '../model.joblib')"
    subprocess.run([sys.executable, "-B", "-c", write], cwd=model / "code", check=True)
    save_manifest(model, {})
    estimator = load_estimator(recorded(model), packed(model))
    assert (type(estimator).__module__, estimator.learnt) == (module, "something")


class Evil:
    """Runs when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> Any:
        return Path.touch, (self._marker,)


def poisoned(model: Path) -> None:
    (model / "model.joblib").write_bytes(pickle.dumps(Evil(model / "ran")))


def poisoned_with_its_digest(model: Path) -> None:
    poisoned(model)
    manifest = json.loads((model / "manifest.json").read_bytes())
    manifest["files"]["model.joblib"]["sha256"] = hashlib.sha256((model / "model.joblib").read_bytes()).hexdigest()
    (model / "manifest.json").write_text(json.dumps(manifest))


ANSWERS = "classifier/requests/answers.py"

CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "estimator": (poisoned, r"model\.joblib was changed"),
    "estimator and manifest": (poisoned_with_its_digest, r"manifest\.json was changed"),
    "code": (lambda model: (model / "code" / ANSWERS).write_text("import os"), rf"code/{ANSWERS} was changed"),
    "code missing": (lambda model: (model / "code" / ANSWERS).unlink(), rf"code/{ANSWERS} is not in"),
    "no estimator": (lambda model: (model / "model.joblib").unlink(), r"model\.joblib is not in"),
}


@pytest.mark.parametrize(("change", "said"), CHANGES.values(), ids=CHANGES)
def test_what_was_changed_is_never_unpickled(model: Path, change: Callable[[Path], object], said: str) -> None:
    artefact = recorded(model)
    change(model)
    with pytest.raises(PipelineError, match=f"{said}.*Train again"):
        load_estimator(artefact, packed(model))
    assert not (model / "ran").exists()


def test_another_version_of_scikit_learn_is_refused_with_what_to_do(model: Path) -> None:
    manifest = json.loads((model / "manifest.json").read_bytes())
    manifest["libraries"]["scikit-learn"] = "0.24.2"
    (model / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(
        PipelineError, match=r"written by scikit-learn 0\.24\.2.*scikit-learn==0\.24\.2, or train again"
    ):
        load_estimator(recorded(model), packed(model))


def test_an_artefact_that_nothing_vouches_for_is_refused(model: Path) -> None:
    artefact = Artefact(job="job", uri="s3://bucket/model.tar.gz", manifest={})
    with pytest.raises(PipelineError, match="records no digest"):
        load_estimator(artefact, packed(model))


def test_what_is_no_archive_is_refused(model: Path, tmp_path: Path) -> None:
    (tmp_path / "other.tar.gz").write_bytes(b"not an archive")
    with pytest.raises(PipelineError, match=r"other\.tar\.gz cannot be read"):
        load_estimator(recorded(model), tmp_path / "other.tar.gz")


def test_other_code_is_not_packed_around_changed_weights(model: Path, tmp_path: Path) -> None:
    artefact = recorded(model)
    poisoned_with_its_digest(model)
    with pytest.raises(PipelineError, match=r"manifest\.json was changed after training"):
        repack(packed(model), tmp_path / "new.tar.gz", Container.CLASSIFIER.folder, artefact.manifest_sha256)
