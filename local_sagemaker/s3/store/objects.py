"""Buckets and objects: what is stored, under which key, and the one moment at which an object changes."""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from local_sagemaker.database import Database
from local_sagemaker.errors import AwsError
from local_sagemaker.s3.store.data_files import DataFile, DataFiles, Readable
from local_sagemaker.s3.store.names import check_bucket_name, check_key, successor

SCHEMA = """
CREATE TABLE IF NOT EXISTS buckets (
    name TEXT PRIMARY KEY,
    created INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL REFERENCES buckets (name),
    key BLOB NOT NULL,
    file TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified INTEGER NOT NULL,
    attributes TEXT NOT NULL,
    PRIMARY KEY (bucket, key)
) WITHOUT ROWID;
"""

_PAGE = 1000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Attributes:
    """What the writer of an object says about it. Header names are in lower case, checksums in base64 by algorithm."""

    content_type: str = "binary/octet-stream"
    headers: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    checksums: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One object as it is now. `path` is its data file, which never changes; replacing the object removes it, so use
    `ObjectStore.open` to read.
    """

    bucket: str
    key: str
    size: int
    etag: str
    last_modified: datetime
    content_type: str
    metadata: Mapping[str, str]
    path: Path
    headers: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    checksums: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket's name and when it was made."""

    name: str
    created: datetime


@dataclass(frozen=True, slots=True)
class Precondition:
    """What must hold of the object that is there for a new one to take its place (`If-Match`, `If-None-Match: *`)."""

    etag: str | None = None
    absent: bool = False

    def check(self, current: str | None) -> None:
        """Compare with the present object's ETag, None where there is no object.

        Raises
        ------
        AwsError
            `PreconditionFailed`, or `NoSuchKey` where an object was to be replaced that is not there.
        """
        if self.absent and current is not None:
            raise _precondition_failed("If-None-Match")
        if self.etag is not None and current is None:
            raise AwsError("NoSuchKey", "The specified key does not exist.", 404)
        if self.etag is not None and self.etag != current:
            raise _precondition_failed("If-Match")


class ObjectStore:
    """All buckets and objects.

    Parameters
    ----------
    database : Database
        Holds the tables of `SCHEMA`.
    directory : Path
        The data files' place.
    """

    def __init__(self, database: Database, directory: Path) -> None:
        self.database = database
        self.files = DataFiles(directory)

    def bucket_exists(self, bucket: str) -> bool:
        """Tell whether a bucket is there."""
        with self.database.read() as rows:
            return rows.execute("SELECT 1 FROM buckets WHERE name = ?", (bucket,)).fetchone() is not None

    def require_bucket(self, bucket: str) -> None:
        """Raise `NoSuchBucket` unless the bucket is there."""
        if not self.bucket_exists(bucket):
            raise no_such_bucket(bucket)

    def buckets(self) -> Sequence[Bucket]:
        """List the buckets by name."""
        with self.database.read() as rows:
            found = rows.execute("SELECT name, created FROM buckets ORDER BY name").fetchall()
        return [Bucket(row["name"], _moment(row["created"])) for row in found]

    def create_bucket(self, bucket: str) -> None:
        """Make a bucket; one that is there stays as it is, as in us-east-1.

        Raises
        ------
        AwsError
            `InvalidBucketName`.
        """
        check_bucket_name(bucket)
        with self.database.write() as rows:
            rows.execute("INSERT OR IGNORE INTO buckets VALUES (?, ?)", (bucket, int(time.time())))

    def delete_bucket(self, bucket: str) -> None:
        """Delete an empty bucket.

        Raises
        ------
        AwsError
            `NoSuchBucket`, `BucketNotEmpty`.
        """
        with self.database.write() as rows:
            self.require_bucket(bucket)
            if rows.execute("SELECT 1 FROM objects WHERE bucket = ?", (bucket,)).fetchone() is not None:
                raise AwsError("BucketNotEmpty", "The bucket you tried to delete is not empty", 409)
            rows.execute("DELETE FROM buckets WHERE name = ?", (bucket,))

    def head(self, bucket: str, key: str) -> ObjectInfo:
        """Look an object up.

        Raises
        ------
        AwsError
            `NoSuchBucket`, `NoSuchKey`.
        """
        with self.database.read() as rows:
            self.require_bucket(bucket)
            row = self._row(rows, bucket, key)
        if row is None:
            raise AwsError("NoSuchKey", "The specified key does not exist.", 404, {"Key": key})
        return self._info(row)

    def open(self, bucket: str, key: str) -> BinaryIO:
        """Open an object for reading; it can be read to the end even if it is replaced or deleted meanwhile.

        Raises
        ------
        AwsError
            See `head`.
        """
        return self.open_with_info(bucket, key)[1]

    def open_with_info(self, bucket: str, key: str) -> tuple[ObjectInfo, BinaryIO]:
        """Open an object and say what is open.

        Raises
        ------
        AwsError
            See `head`.
        """
        info = self.head(bucket, key)
        while True:
            try:
                return info, info.path.open("rb")
            except FileNotFoundError:  # replaced or deleted since we looked: look again
                newer = self.head(bucket, key)
                if newer.path == info.path:
                    raise
                info = newer

    def list(self, bucket: str, prefix: str = "") -> Iterator[ObjectInfo]:
        """Go through a bucket's objects in ascending order of their keys' UTF-8 bytes.

        Raises
        ------
        AwsError
            `NoSuchBucket`.
        """
        self.require_bucket(bucket)
        start, end = prefix.encode(), successor(prefix.encode())
        while page := self.scan(bucket, start, end, _PAGE):
            yield from page
            start = page[-1].key.encode() + b"\0"

    def scan(self, bucket: str, start: bytes, end: bytes | None, limit: int) -> Sequence[ObjectInfo]:
        """Return the first `limit` objects with start ≤ key < end (`None`: to the last)."""
        query, values = "SELECT * FROM objects WHERE bucket = ? AND key >= ?", [bucket, start]
        if end is not None:
            query, values = f"{query} AND key < ?", [*values, end]
        with self.database.read() as rows:
            found = rows.execute(f"{query} ORDER BY key LIMIT ?", [*values, limit]).fetchall()
        return [self._info(row) for row in found]

    def put(
        self,
        bucket: str,
        key: str,
        source: Readable,
        content_type: str = "binary/octet-stream",
        metadata: Mapping[str, str] | None = None,
    ) -> ObjectInfo:
        """Store a stream as an object. When this returns, it is there for good; before, there is no trace of it.

        Raises
        ------
        AwsError
            `NoSuchBucket`, `KeyTooLongError`.
        """
        check_key(key)
        self.require_bucket(bucket)
        data = self.files.receive(source)
        attributes = Attributes(content_type=content_type, metadata=metadata or {})
        return self.commit(bucket, key, data, data.digests["md5"].hex(), attributes)

    def put_file(self, bucket: str, key: str, path: Path) -> ObjectInfo:
        """Store a local file's bytes as an object.

        Raises
        ------
        AwsError
            See `put`.
        """
        with path.open("rb") as source:
            return self.put(bucket, key, source)

    def commit(
        self,
        bucket: str,
        key: str,
        data: DataFile,
        etag: str,
        attributes: Attributes,
        precondition: Precondition | None = None,
    ) -> ObjectInfo:
        """Make a stored data file the object of a key. This is the moment at which the object changes.

        Raises
        ------
        AwsError
            `NoSuchBucket` if the bucket went away meanwhile, `PreconditionFailed`; the file is removed then.
        """
        try:
            with self.database.write() as rows:
                self.require_bucket(bucket)
                previous = self._row(rows, bucket, key)
                if precondition is not None:
                    precondition.check(previous["etag"] if previous else None)
                values = (bucket, key.encode(), data.id, data.size, etag, int(time.time()), _written(attributes))
                rows.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?)", values)
                row = self._row(rows, bucket, key)
                self._remove_file_of(previous)
        except BaseException:
            self.files.remove([data.id])
            raise
        return self._info(row)

    def set_tags(self, bucket: str, key: str, tags: Mapping[str, str]) -> None:
        """Replace an object's tags.

        Raises
        ------
        AwsError
            See `head`.
        """
        with self.database.write() as rows:
            self.head(bucket, key)
            rows.execute(
                "UPDATE objects SET attributes = json_set(attributes, '$.tags', json(?)) WHERE bucket = ? AND key = ?",
                (json.dumps(dict(tags)), bucket, key.encode()),
            )

    def delete(self, bucket: str, key: str) -> None:
        """Delete an object; it is no error if there is none.

        Raises
        ------
        AwsError
            `NoSuchBucket`.
        """
        with self.database.write() as rows:
            self.require_bucket(bucket)
            row = self._row(rows, bucket, key)
            rows.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket, key.encode()))
            self._remove_file_of(row)

    def _remove_file_of(self, row: sqlite3.Row | None) -> None:
        if row is not None:
            self.database.after_commit(lambda: self.files.remove([row["file"]]))

    @staticmethod
    def _row(rows: sqlite3.Connection, bucket: str, key: str) -> Any:
        return rows.execute("SELECT * FROM objects WHERE bucket = ? AND key = ?", (bucket, key.encode())).fetchone()

    def _info(self, row: sqlite3.Row) -> ObjectInfo:
        attributes = json.loads(row["attributes"])
        return ObjectInfo(
            bucket=row["bucket"],
            key=row["key"].decode(),
            size=row["size"],
            etag=row["etag"],
            last_modified=_moment(row["modified"]),
            path=self.files.path(row["file"]),
            **attributes,
        )


def no_such_bucket(bucket: str) -> AwsError:
    """Say that a bucket is not there."""
    message = "The specified bucket does not exist: the local SageMaker's S3 has only what was made in it"
    return AwsError("NoSuchBucket", message, 404, {"BucketName": bucket})


def _precondition_failed(condition: str) -> AwsError:
    message = "At least one of the pre-conditions you specified did not hold"
    return AwsError("PreconditionFailed", message, 412, {"Condition": condition})


def _written(attributes: Attributes) -> str:
    return json.dumps(
        {
            "content_type": attributes.content_type,
            "headers": dict(attributes.headers),
            "metadata": dict(attributes.metadata),
            "tags": dict(attributes.tags),
            "checksums": dict(attributes.checksums),
        }
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
