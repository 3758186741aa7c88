"""Source folders as model artefacts and container definitions, as the driver makes them."""

from __future__ import annotations

import tarfile
from pathlib import Path

from pipeline.local.containers import ServingDefinition

PROBES = Path(__file__).resolve().parent / "probes"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"

# What every container definition of the pipeline carries; and one worker, so that a container starts once.
_ENVIRONMENT = {
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    "PIP_NO_BUILD_ISOLATION": "0",
    "PIP_NO_INDEX": "1",
    "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
}


def packed(source: Path, archive: Path, weights: str = "weights of the model") -> Path:
    """Write a model artefact: the source folder as `code/`, and one file of weights."""
    (archive.parent / "weights.txt").write_text(weights)
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(source, "code", filter=_without_caches)
        tar.add(archive.parent / "weights.txt", "weights.txt")
    return archive


def _without_caches(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "__pycache__" in member.name else member


def serving_definition(archive: Path, **environment: str) -> ServingDefinition:
    """Define a serving container as the driver does; `environment` adds to its variables or replaces them."""
    return ServingDefinition(IMAGE, {**_ENVIRONMENT, **environment}, model_archive=archive, source_archive=None)
