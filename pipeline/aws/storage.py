"""Places in S3, and the few things done there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

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


def download(s3: S3Client, where: Location, path: Path, in_threads: bool = True) -> None:
    """Copy an object to a local file; the file appears only when it is whole.

    Threads fetch the parts of a large object at once. For one small object after the other they would be made anew each
    time, and the C library keeps memory for each.

    Raises
    ------
    PipelineError
        If the file cannot be written, as on a full disk.
    """
    from boto3.s3.transfer import TransferConfig

    try:
        s3.download_file(where.bucket, where.key, str(path), Config=TransferConfig(use_threads=in_threads))
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


def listed(s3: S3Client, where: Location, is_prefix: bool = False) -> Iterator[tuple[str, int]]:
    """Yield the keys below a folder, ascending, each with its bytes; none where there is no such bucket.

    With `is_prefix`, the keys that begin with the location's, whether it is a folder or not.
    """
    prefix = where.key if is_prefix else where.prefix
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=where.bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                yield item["Key"], item["Size"]
    except s3.exceptions.NoSuchBucket:
        return


def blocks(s3: S3Client, where: Location, size: int) -> Iterator[bytes]:
    """Yield an object's bytes, of which it has `size`, some megabytes at a time, each in a request of its own."""
    for first in range(0, size, _BLOCK):
        wanted = f"bytes={first}-{min(first + _BLOCK, size) - 1}"
        yield s3.get_object(Bucket=where.bucket, Key=where.key, Range=wanted)["Body"].read()


def opened(s3: S3Client, where: Location) -> IO[bytes]:
    """Open an object to be read once from its beginning; it is fetched as far as it is read."""
    return cast("IO[bytes]", s3.get_object(Bucket=where.bucket, Key=where.key)["Body"])


def upload_blocks(s3: S3Client, content: Iterator[bytes], size: int, where: Location) -> None:
    """Write an object of about `size` bytes as its blocks come, in parts where it is large; it appears only when it is
    whole.
    """
    from boto3.s3.transfer import TransferConfig

    part = max(_BLOCK, size // _MOST_PARTS)
    config = TransferConfig(multipart_threshold=part, multipart_chunksize=part, use_threads=False)
    s3.upload_fileobj(cast("IO[bytes]", _Readable(content)), where.bucket, where.key, Config=config)


def delete_below(s3: S3Client, where: Location) -> None:
    """Delete the objects of a folder."""
    for key in keys(s3, where.prefix, where.bucket):
        s3.delete_object(Bucket=where.bucket, Key=key)


_BLOCK = 8 * 2**20
_MOST_PARTS = 9_000
"""S3 takes 10,000 of one upload."""


class _Readable:
    """Blocks as a file that can be read once."""

    def __init__(self, content: Iterator[bytes]) -> None:
        self._content = content
        self._held = bytearray()

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._held) < size:
            if not (block := next(self._content, b"")):
                break
            self._held += block
        taken = bytes(self._held[:size] if size >= 0 else self._held)
        del self._held[: len(taken)]
        return taken
