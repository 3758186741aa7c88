"""A job's input: objects of S3, put down as files."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.resources import s3_uris
from local_sagemaker.sagemaker.resources.s3_uris import InputObject
from local_sagemaker.sagemaker.running.stopping import StopRequest


class BadInputData(Exception):
    """An object cannot be put down as a file; the message names it."""


def objects_of(objects: ObjectStore, source: Mapping[str, str]) -> list[InputObject]:
    """Find the objects of an input, as its S3DataType says: S3Prefix or ManifestFile."""
    uri = s3_uris.parse(source["S3Uri"])
    return s3_uris.in_manifest(objects, uri) if source["S3DataType"] == "ManifestFile" else s3_uris.below(objects, uri)


def download(objects: ObjectStore, items: Iterable[InputObject], directory: Path, stop: StopRequest) -> None:
    """Copy objects into a directory, each to its place below the input's prefix.

    Raises
    ------
    AwsError
        `NoSuchKey` if an object has gone meanwhile.
    BadInputData
        If a key is no file name below the directory.
    Stopped
        If the job is to stop.
    """
    for item in items:
        stop.check()
        _copy(objects, item, directory)


def _copy(objects: ObjectStore, item: InputObject, directory: Path) -> None:
    if s3_uris.escapes(item.relative_key):
        raise BadInputData(f"{item} cannot be a file below its channel")
    target = directory / PurePosixPath(item.relative_key)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with s3_uris.opened(objects, item.place) as source, target.open("xb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
    except OSError as error:
        raise BadInputData(f"{item} could not be put down as {item.relative_key}: {error}") from error
