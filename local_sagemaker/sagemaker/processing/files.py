"""A processing job's files: its inputs from S3 into the container's base directory, its outputs back to S3."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.resources import s3_uris
from local_sagemaker.sagemaker.running import input_files
from local_sagemaker.sagemaker.running.folder_uploads import FolderUpload, continuously
from local_sagemaker.sagemaker.running.input_files import BadInputData
from local_sagemaker.sagemaker.running.stopping import StopRequest

_OPT_ML = "/opt/ml"


def download_inputs(objects: ObjectStore, inputs: Sequence[Mapping[str, Any]], base: Path, stop: StopRequest) -> None:
    """Bring a job's inputs into its base directory, each to its LocalPath. Files are copies: a script may change them.

    Raises
    ------
    AwsError
        `NoSuchKey` or `NoSuchBucket` if what is named is not there.
    BadInputData
        If an input has no objects, or a key is no file name below its folder.
    Stopped
        If the job is to stop.
    """
    for given in inputs:
        source = given["S3Input"]
        directory = _within(base, source["LocalPath"])
        directory.mkdir(parents=True, exist_ok=True)
        found = input_files.objects_of(objects, source)
        if not found:
            raise BadInputData(f'No S3 objects found under S3 URL "{source["S3Uri"]}" given in input data source.')
        input_files.download(objects, found, directory, stop)


class OutputFiles:
    """A job's outputs: folders whose files go to S3, at the job's end or while they are written.

    Parameters
    ----------
    objects : ObjectStore
        S3.
    outputs : sequence of mapping
        The request's outputs.
    base : Path
        The container's base directory, where the folders are made.
    """

    def __init__(self, objects: ObjectStore, outputs: Sequence[Mapping[str, Any]], base: Path) -> None:
        self._uploads: dict[str, list[FolderUpload]] = {"Continuous": [], "EndOfJob": []}
        for given in outputs:
            output = given["S3Output"]
            folder = _within(base, output["LocalPath"])
            folder.mkdir(parents=True, exist_ok=True)
            upload = FolderUpload(objects, folder, s3_uris.parse(output["S3Uri"]))
            self._uploads[output["S3UploadMode"]].append(upload)

    def continuously(self) -> AbstractContextManager[None]:
        """Upload the outputs in Continuous mode while the block runs, and what is left of them however it ends.

        Raises
        ------
        AwsError
            At the end, if a file cannot be stored.
        """
        return continuously(self._uploads["Continuous"])

    def upload_at_end(self) -> None:
        """Upload the outputs in EndOfJob mode."""
        for upload in self._uploads["EndOfJob"]:
            upload.upload_all()


def _within(base: Path, local_path: str) -> Path:
    return base / posixpath.relpath(posixpath.normpath(local_path), _OPT_ML)
