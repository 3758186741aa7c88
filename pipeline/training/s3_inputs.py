"""A corpus that lies in S3: its objects as files, of which one at a time is on this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pipeline.aws.session import Session
from pipeline.aws.storage import Location, download
from pipeline.data.tables.files import Find, InputFile, is_table, local_files, no_table
from pipeline.errors import BadInput

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef


class S3File(InputFile):
    """An object; what messages call it is its URI."""

    def __init__(self, s3: S3Client, where: Location, listed: ObjectTypeDef) -> None:
        self.name = str(where)
        self.size = listed["Size"]
        self._s3 = s3
        self._where = where
        self._etag = listed["ETag"]

    def fingerprint(self) -> str:
        return self._etag

    @contextmanager
    def here(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / PurePosixPath(self._where.key).name
            download(self._s3, self._where, path)
            try:
                yield path
            except BadInput as error:
                raise BadInput(str(error).replace(str(path), self.name)) from error


def finder(session: Session) -> Find:
    """Return what finds the files of an input, on this machine or in S3."""
    return lambda given: _objects(session.s3, given) if given.startswith("s3://") else local_files(given)


def _objects(s3: S3Client, uri: str) -> Sequence[InputFile]:
    """Find an object, or the tables below a prefix, by their keys.

    Raises
    ------
    BadInput
        If there is none.
    """
    where = Location.parse(uri)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=where.bucket, Prefix=where.key)
    try:
        listed = [item for page in pages for item in page.get("Contents", [])]
    except s3.exceptions.NoSuchBucket as error:
        raise BadInput(f"{uri}: there is no such bucket.") from error
    if (itself := next((item for item in listed if item["Key"] == where.key), None)) is not None:
        return [S3File(s3, where, itself)]
    below = [item for item in listed if item["Key"].startswith(where.prefix)]
    tables = [item for item in below if is_table(PurePosixPath(item["Key"].removeprefix(where.prefix)))]
    if not tables:
        raise no_table(uri)
    return [S3File(s3, Location(where.bucket, item["Key"]), item) for item in tables]
