"""Source folders as the driver makes them ready: container definitions, model artefacts, channels."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from local_sagemaker.containers import ServingDefinition, TrainingDefinition
from pipeline.artefacts import source_code
from pipeline.jobs.container_environment import Serving, image_environment

PROBES = Path(__file__).resolve().parent / "probes"

_IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"

# What the pipeline's container definitions tell the image; and one worker, so that a container starts once.
_CODE = {"serving.py": "", "gunicorn_settings.py": ""}
_ENVIRONMENT = {
    serving: {**image_environment(serving, _CODE), "SAGEMAKER_MODEL_SERVER_WORKERS": "1"} for serving in Serving
}
_HYPERPARAMETERS = {
    "sagemaker_program": "train.py",
    "sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz",
    "sagemaker_region": "us-east-1",
    "sagemaker_container_log_level": 20,
}
_CHANNEL = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
_INSTANCE = {"instance_group_name": "homogeneousCluster", "instance_type": "ml.m5.large", "hosts": ["algo-1"]}
_RESOURCES = {
    "current_host": "algo-1",
    "hosts": ["algo-1"],
    "current_instance_type": "ml.m5.large",
    "current_group_name": "homogeneousCluster",
    "instance_groups": [_INSTANCE],
    "network_interface_name": "eth0",
}


def serving_definition(archive: Path, serving: Serving = Serving.TOOLKIT, **environment: str) -> ServingDefinition:
    """Define a serving container; `environment` adds to its variables or replaces them."""
    variables = {**_ENVIRONMENT[serving], **environment}
    return ServingDefinition(_IMAGE, variables, model_archive=archive, source_archive=None)


def training_definition(
    channels: Iterable[str], hyperparameters: Mapping[str, object], raw: Mapping[str, str] | None = None
) -> TrainingDefinition:
    """Define a training job; `raw` hyperparameters are no JSON."""
    encoded = {name: json.dumps(value) for name, value in {**_HYPERPARAMETERS, **hyperparameters}.items()}
    return TrainingDefinition(
        image=_IMAGE,
        job_name="job-of-the-image-tests",
        region="us-east-1",
        hyperparameters={**encoded, **(raw or {})},
        environment={"MY_VARIABLE": "from the definition"},
        channels=dict.fromkeys(("code", *channels), _CHANNEL),
        source_archive=None,
        resources=_RESOURCES,
    )


def lay_out_channels(base: Path, source: Path, channels: Mapping[str, Mapping[str, bytes]]) -> None:
    """Write the files of every channel, and the source folder's tarball as the channel `code`."""
    code = {"sourcedir.tar.gz": source_code.tarball(source)}
    for channel, files in {**channels, "code": code}.items():
        directory = base / "input" / "data" / channel
        directory.mkdir(parents=True)
        for name, content in files.items():
            (directory / name).write_bytes(content)


def artefact_of(source: Path, archive: Path) -> Path:
    """Write a model artefact by hand: the source folder as `code/`, and one file of weights."""
    content = archive.with_suffix("")
    (content / "code").mkdir(parents=True)
    for path in source_code.files(source):
        target = content / "code" / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    (content / "weights.txt").write_text("weights of the model")
    return packed(content, archive)


def packed(model_directory: Path, archive: Path) -> Path:
    """Write a model directory as `model.tar.gz`."""
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(model_directory, ".")
    return archive
