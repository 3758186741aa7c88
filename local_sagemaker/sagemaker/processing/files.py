"""A processing job's files: its inputs from S3 into the container's base directory, its outputs back to S3."""

from __future__ import annotations

import posixpath
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local_sagemaker.errors import AwsError
from local_sagemaker.s3.store.objects import ObjectStore
from local_sagemaker.sagemaker.resources import s3_uris
from local_sagemaker.sagemaker.running import input_files
from local_sagemaker.sagemaker.running.input_files import BadInputData
from local_sagemaker.sagemaker.running.stopping import StopRequest

_OPT_ML = "/opt/ml"
_SCAN_SECONDS = 0.5


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
        self._objects = objects
        self._outputs = [given["S3Output"] for given in outputs]
        self._base = base
        self._uploaded: dict[Path, tuple[int, int]] = {}
        self._seen: dict[Path, tuple[int, int]] = {}
        for output in self._outputs:
            _within(base, output["LocalPath"]).mkdir(parents=True, exist_ok=True)

    @contextmanager
    def continuously(self) -> Iterator[None]:
        """Upload, while the block runs, the files of outputs in Continuous mode when they have not changed for a while.

        What is left of them is uploaded at the end of the block, however it ends.

        Raises
        ------
        AwsError
            At the end, if a file cannot be stored.
        """
        if not any(output["S3UploadMode"] == "Continuous" for output in self._outputs):
            yield
            return
        ended = threading.Event()
        thread = threading.Thread(target=self._until, args=(ended,), name="continuous upload", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self._upload("Continuous", settled=False)

    def upload_at_end(self) -> None:
        """Upload the outputs in EndOfJob mode."""
        self._upload("EndOfJob", settled=False)

    def _until(self, ended: threading.Event) -> None:
        while not ended.wait(_SCAN_SECONDS):
            try:
                self._upload("Continuous", settled=True)
            except (AwsError, OSError):
                continue  # what cannot be stored now is tried again, at the latest at the end, where it is said

    def _upload(self, mode: str, settled: bool) -> None:
        for output in self._outputs:
            if output["S3UploadMode"] == mode:
                self._upload_folder(output, settled)

    def _upload_folder(self, output: Mapping[str, Any], settled: bool) -> None:
        folder, place = _within(self._base, output["LocalPath"]), s3_uris.parse(output["S3Uri"])
        for file in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
            state = _state(file)
            wait = settled and self._seen.get(file) != state
            self._seen[file] = state
            if not wait and self._uploaded.get(file) != state:
                target = place / file.relative_to(folder).as_posix()
                self._objects.put_file(target.bucket, target.key, file)
                self._uploaded[file] = state


def _state(file: Path) -> tuple[int, int]:
    facts = file.stat()
    return facts.st_size, facts.st_mtime_ns


def _within(base: Path, local_path: str) -> Path:
    return base / posixpath.relpath(posixpath.normpath(local_path), _OPT_ML)
