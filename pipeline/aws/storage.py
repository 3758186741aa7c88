"""Places in S3, and the few things done there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.exceptions

from pipeline.errors import BadInput, PipelineError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Location:
    """A bucket and a key or prefix in it (without a slash at either end)."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> Location:
        """Read `s3://bucket/key`.

        Raises
        ------
        BadInput
            If `uri` is no S3 URI.
        """
        scheme, _, rest = uri.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme != "s3" or not bucket:
            raise BadInput(f"{uri!r} is no S3 URI; expected s3://bucket/prefix.")
        return cls(bucket, key.strip("/"))

    def __truediv__(self, part: str) -> Location:
        return Location(self.bucket, f"{self.key}/{part}" if self.key else part)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def prefix(self) -> str:
        """What the keys of this folder begin with; nothing where it is the whole bucket."""
        return f"{self.key}/" if self.key else ""

    @property
    def folder(self) -> str:
        """The URI with a slash at its end, so that as a prefix it takes in this folder alone."""
        return f"s3://{self.bucket}/{self.prefix}"


def upload(s3: S3Client, path: Path, where: Location) -> None:
    """Copy a local file to `where`."""
    s3.upload_file(str(path), where.bucket, where.key)


def upload_text(s3: S3Client, text: str, where: Location) -> None:
    """Write `text` to `where` in UTF-8."""
    s3.put_object(Bucket=where.bucket, Key=where.key, Body=text.encode())


def download(s3: S3Client, where: Location, path: Path) -> None:
    """Copy an object to a local file; the file appears only when it is whole.

    Raises
    ------
    PipelineError
        If the file cannot be written, as on a full disk.
    """
    try:
        s3.download_file(where.bucket, where.key, str(path))
    except OSError as error:
        raise PipelineError(
            f"{where} cannot be copied to {path}: {error.strerror}. Free some space there, or set TMPDIR to a "
            f"directory that has it."
        ) from error


def read_text(s3: S3Client, where: Location) -> str | None:
    """Return an object's text, or None where there is no such object."""
    try:
        return s3.get_object(Bucket=where.bucket, Key=where.key)["Body"].read().decode()
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchBucket", "404"):
            return None
        raise


def keys(s3: S3Client, prefix: str, bucket: str) -> Iterator[str]:
    """Yield the keys that begin with `prefix`, ascending; none where there is no such bucket."""
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                yield item["Key"]
    except s3.exceptions.NoSuchBucket:
        return
