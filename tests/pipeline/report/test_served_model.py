"""The model is read from the very artefacts that the run recorded, or not at all."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from pipeline.artefacts.runs import Artefact, Run
from pipeline.artefacts.source_code import Container
from pipeline.errors import PipelineError
from pipeline.report.sources import served_model
from tests.pipeline.report.fitting import fit


class Bucket:
    """The one call of S3 that is made: objects are files below a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def download_file(self, bucket: str, key: str, path: str, **_: object) -> None:
        shutil.copyfile(self.directory / key, path)


def trained(directory: Path, change: Callable[[Path], None] = lambda _: None) -> Run:
    """Fit a model, record it as a run does, let `change` do what it likes to its files, and pack it."""
    fit(directory, ["oven flour", "mast rudder"], ["cooking", "sailing"])
    artefacts = {}
    for container, folder in zip(Container, ("first", "second"), strict=True):
        manifest = (directory / folder / "manifest.json").read_bytes()
        artefacts[container] = Artefact.described("job", f"s3://bucket/{folder}.tar.gz", manifest)
    change(directory)
    for folder in ("first", "second"):
        with tarfile.open(directory / f"{folder}.tar.gz", "w:gz") as archive:
            archive.add(directory / folder, ".")
    return Run(
        id="20260101-000000-abcd",
        profile="seed",
        dataset="two",
        is_stand_in=False,
        image="image",
        test_uri="s3://bucket/test.csv",
        artefacts=artefacts,
    )


def load(directory: Path, run: Run) -> served_model.ServedModel:
    return served_model.load(cast(Any, Bucket(directory)), run)


def test_a_model_outlives_the_files_that_it_was_read_from(tmp_path: Path) -> None:
    model = load(tmp_path, trained(tmp_path))
    assert {"oven", "rudder"} <= set(model.terms)
    probabilities = model.probabilities(model.scores(model.rows(["oven", "rudder"])))
    assert [model.categories[label] for label in probabilities.argmax(axis=1)] == ["cooking", "sailing"]


def other_weights(directory: Path) -> None:
    path = directory / "second" / "serving" / "weights.npy"
    np.save(path, -np.load(path))


def other_manifest(directory: Path) -> None:
    path = directory / "first" / "manifest.json"
    path.write_bytes(path.read_bytes() + b" ")


def one_more_file(directory: Path) -> None:
    (directory / "first" / "serving" / "more.npy").write_bytes(b"")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (other_weights, "serving/weights.npy was changed"),
        (other_manifest, "manifest.json was changed"),
        (one_more_file, "serving/more.npy stands in the manifest or in the artefact, but not in both"),
    ],
)
def test_an_artefact_that_was_changed_is_refused(tmp_path: Path, change: Callable[[Path], None], told: str) -> None:
    run = trained(tmp_path, change)
    with pytest.raises(PipelineError, match=told):
        load(tmp_path, run)


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    run = trained(tmp_path)
    whole = (tmp_path / "second.tar.gz").read_bytes()
    (tmp_path / "second.tar.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(PipelineError, match=r"s3://bucket/second\.tar\.gz cannot be read"):
        load(tmp_path, run)
