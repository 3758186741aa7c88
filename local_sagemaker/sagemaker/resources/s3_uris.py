"""S3 URIs in requests: where they point, and which objects lie below them."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import unquote

from local_sagemaker.errors import AwsError
from local_sagemaker.s3.store.objects import ObjectInfo, ObjectStore
from local_sagemaker.sagemaker.resources.refusals import invalid, unsupported

_LARGEST_MANIFEST = 16 << 20


@dataclass(frozen=True, slots=True)
class S3Uri:
    """A bucket and a key or prefix."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def __truediv__(self, part: str) -> S3Uri:
        folder = self.key.rstrip("/")
        return S3Uri(self.bucket, f"{folder}/{part}" if folder else part)


@dataclass(frozen=True, slots=True)
class InputObject:
    """One object of a job's input, and its place below the input's prefix."""

    info: ObjectInfo
    relative_key: str

    @property
    def place(self) -> S3Uri:
        """Where the object is."""
        return S3Uri(self.info.bucket, self.info.key)

    def __str__(self) -> str:
        return str(self.place)


_HTTPS = re.compile(r"https://(?:([a-z0-9][a-z0-9.-]+)\.)?s3(?:[.-][a-z0-9-]+){0,2}\.amazonaws\.com(?:\.cn)?/([^?#]*)")
"""A URL of S3 as AWS's samples write it, with the bucket before the host or first in the path."""


def parse(uri: str) -> S3Uri:
    """Read an `s3://bucket/key` URI, or the `https://` URL of an object.

    Raises
    ------
    AwsError
        `ValidationException` for anything else.
    """
    if https := _HTTPS.fullmatch(uri):
        uri = "s3://" + unquote(f"{https[1]}/{https[2]}" if https[1] else https[2])
    if not uri.startswith("s3://"):
        raise unsupported(f'the S3 location "{uri}"', "write it as s3://bucket/key.")
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not bucket:
        raise invalid(f'The S3 URI "{uri}" names no bucket.')
    return S3Uri(bucket, key)


def opened(objects: ObjectStore, place: S3Uri) -> BinaryIO:
    """Open an object.

    Raises
    ------
    AwsError
        As S3 words it, with the URI before it.
    """
    return opened_with_info(objects, place)[1]


def opened_with_info(objects: ObjectStore, place: S3Uri) -> tuple[ObjectInfo, BinaryIO]:
    """Open an object, and tell what S3 knows of it.

    Raises
    ------
    AwsError
        As `opened` does.
    """
    try:
        return objects.open_with_info(place.bucket, place.key)
    except AwsError as error:
        raise AwsError(error.code, f"{place}: {error.message}", error.status, error.fields) from error


def below(objects: ObjectStore, prefix: S3Uri) -> list[InputObject]:
    """Find the objects that a prefix stands for, by ascending key.

    A prefix is taken as a folder where every key says that it is one (`in` and `in/a.csv`); otherwise it is a plain
    prefix, and keys are seen from its last slash (`in/part-` gives `part-1.csv`). Keys that end in a slash are folder
    markers, not data.
    """
    found = [info for info in objects.list(prefix.bucket, prefix.key) if not info.key.endswith("/")]
    folder = f"{prefix.key.rstrip('/')}/" if prefix.key else ""
    if not all(info.key.startswith(folder) for info in found):
        folder = prefix.key[: prefix.key.rfind("/") + 1]
    return [InputObject(info, info.key.removeprefix(folder)) for info in found]


def in_manifest(objects: ObjectStore, manifest: S3Uri) -> list[InputObject]:
    """Find the objects that a `ManifestFile` names: `[{"prefix": "s3://bucket/folder/"}, "a.csv", "b/c.csv", …]`.

    Raises
    ------
    AwsError
        `ValidationException` if it is not of that form or names an object that is not there; `NoSuchKey` or
        `NoSuchBucket` if there is no manifest.
    """
    with opened(objects, manifest) as stream:
        text = stream.read(_LARGEST_MANIFEST)
    try:
        head, *names = json.loads(text)
        prefix = parse(head["prefix"])
    except (ValueError, TypeError, KeyError) as error:
        raise invalid(f'The manifest {manifest} is not of the form [{{"prefix": "s3://…"}}, "key", …].') from error
    return list(_named(objects, prefix, names, manifest))


def _named(objects: ObjectStore, prefix: S3Uri, names: Sequence[object], manifest: S3Uri) -> Iterator[InputObject]:
    for name in names:
        if not isinstance(name, str) or escapes(name):
            raise invalid(f"The manifest {manifest} names {name!r}, which is not a key below its prefix.")
        place = S3Uri(prefix.bucket, prefix.key + name)
        try:
            yield InputObject(objects.head(place.bucket, place.key), name)
        except AwsError as error:
            raise invalid(f"The manifest {manifest} names {place}, and S3 says: {error.message}") from error


def escapes(relative_key: str) -> bool:
    """Tell if a key, taken as a file name below a folder, would leave that folder."""
    path = posixpath.normpath(relative_key)
    return path.startswith(("/", "../")) or path in ("..", ".") or "\0" in path


def nothing_found(uri: str, region: str, role: str) -> str:
    """Say in AWS's words that an input has no objects."""
    bucket = uri.removeprefix("s3://").partition("/")[0]
    return (
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket exists in '
        f"the selected region ({region}), that objects exist under that S3 prefix, and that the role "
        f'"{role}" has "s3:ListBucket" permissions on bucket "{bucket}".'
    )
