"""A training job's files: channels and checkpoints from S3 into its base directory, model and output back to S3."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_sagemaker.containers.source.archive import pack
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.resources import s3_uris
from local_sagemaker.sagemaker.resources.s3_uris import S3Uri
from local_sagemaker.sagemaker.running import input_files
from local_sagemaker.sagemaker.running.folder_uploads import FolderUpload
from local_sagemaker.sagemaker.running.stopping import StopRequest


def download_channels(objects: ObjectStore, request: Mapping[str, Any], base: Path, stop: StopRequest) -> None:
    """Bring a job's channels and checkpoints into its base directory.

    Files are copies: a script may change them.

    Raises
    ------
    AwsError
        `NoSuchKey` if an object has gone meanwhile.
    BadInputData
        If a key is no file name below its channel.
    Stopped
        If the job is to stop.
    """
    for channel in request.get("InputDataConfig", ()):
        directory = base / "input" / "data" / channel["ChannelName"]
        directory.mkdir(parents=True)
        found = input_files.objects_of(objects, channel["DataSource"]["S3DataSource"])
        input_files.download(objects, found, directory, stop)
    if "CheckpointConfig" in request:
        (base / "checkpoints").mkdir(parents=True)
        found = s3_uris.below(objects, s3_uris.parse(request["CheckpointConfig"]["S3Uri"]))
        input_files.download(objects, found, base / "checkpoints", stop)


def upload_model(objects: ObjectStore, base: Path, output: S3Uri) -> None:
    """Store `model/` as `model.tar.gz` below a job's output path."""
    _upload_packed(objects, base / "model", output / "model.tar.gz", base / "model.tar.gz")


def upload_output(objects: ObjectStore, base: Path, output: S3Uri) -> None:
    """Store `output/data/`, if there is anything in it, as `output.tar.gz` below a job's output path."""
    if holds_files(base / "output" / "data"):
        _upload_packed(objects, base / "output" / "data", output / "output.tar.gz", base / "output.tar.gz")


def uploads(objects: ObjectStore, base: Path, request: Mapping[str, Any]) -> list[FolderUpload]:
    """Return what goes to S3 while a job runs: its checkpoints, which are here by now, and its intermediate output."""
    found: list[FolderUpload] = []
    if "CheckpointConfig" in request:
        place = s3_uris.parse(request["CheckpointConfig"]["S3Uri"])
        found.append(FolderUpload(objects, base / "checkpoints", place, mirrored=True))
    if (output := intermediate_output(request)) and not request.get("EnableNetworkIsolation"):
        place = s3_uris.parse(output) / f"{request['TrainingJobName']}/output/intermediate"
        found.append(FolderUpload(objects, base / "output" / "intermediate", place))
    return found


def intermediate_output(request: Mapping[str, Any]) -> str | None:
    """Return where the image's toolkit, if it runs, would bring what is written to `output/intermediate/`."""
    if "ContainerEntrypoint" in request["AlgorithmSpecification"]:
        return None
    uri: str = request.get("HyperParameters", {}).get("sagemaker_s3_output", "")
    return uri.strip('"') or None


def holds_files(directory: Path) -> bool:
    """Tell if there is anything in a directory."""
    return directory.is_dir() and any(directory.iterdir())


def _upload_packed(objects: ObjectStore, directory: Path, target: S3Uri, archive: Path) -> None:
    pack(directory, archive)
    objects.put_file(target.bucket, target.key, archive)
