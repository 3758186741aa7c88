"""Objects that come in parts."""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

from local_sagemaker.errors import AwsError
from local_sagemaker.s3.store.data_files import DataFile
from local_sagemaker.s3.store.names import check_key
from local_sagemaker.s3.store.objects import Attributes, ObjectInfo, ObjectStore, Precondition

SCHEMA = """
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL REFERENCES buckets (name) ON DELETE CASCADE,
    key BLOB NOT NULL,
    created INTEGER NOT NULL,
    attributes TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parts (
    upload TEXT NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    file TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified INTEGER NOT NULL,
    checksums TEXT NOT NULL,
    PRIMARY KEY (upload, number)
) WITHOUT ROWID;
"""

_SMALLEST_PART = 5 << 20
_MOST_PARTS = 10_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that is neither completed nor aborted."""

    id: str
    bucket: str
    key: str
    created: datetime


@dataclass(frozen=True, slots=True)
class UploadedPart:
    """One stored part. Checksums are in base64 by algorithm."""

    number: int
    size: int
    etag: str
    modified: datetime
    file: str
    checksums: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ClaimedPart:
    """A part as the client lists it to complete an upload."""

    number: int
    etag: str
    checksums: Mapping[str, str] = field(default_factory=dict)


class MultipartUploads:
    """All uploads under way, beside the objects that they become."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._database = store.database

    def create(self, bucket: str, key: str, attributes: Attributes) -> str:
        """Begin an upload and return its id.

        Raises
        ------
        AwsError
            `NoSuchBucket`, `KeyTooLongError`.
        """
        check_key(key)
        upload = uuid.uuid4().hex
        with self._database.write() as rows:
            self._store.require_bucket(bucket)
            values = (upload, bucket, key.encode(), int(time.time()), json.dumps(asdict(attributes)))
            rows.execute("INSERT INTO uploads VALUES (?, ?, ?, ?, ?)", values)
        return upload

    def require(self, bucket: str, key: str, upload: str) -> None:
        """Raise `NoSuchUpload` unless the upload is there."""
        with self._database.read() as rows:
            _upload_row(rows, bucket, key, upload)

    def add_part(
        self, bucket: str, key: str, upload: str, number: int, data: DataFile, checksums: Mapping[str, str]
    ) -> UploadedPart:
        """Make a stored data file a part of an upload, in place of an earlier part of the same number.

        Raises
        ------
        AwsError
            `NoSuchUpload`, `InvalidArgument` for a number outside 1 to 10,000; the file is removed then.
        """
        etag, now = data.digests["md5"].hex(), int(time.time())
        try:
            if not 1 <= number <= _MOST_PARTS:
                message = f"Part number must be an integer between 1 and {_MOST_PARTS}, inclusive"
                raise AwsError("InvalidArgument", message)
            with self._database.write() as rows:
                _upload_row(rows, bucket, key, upload)
                previous = rows.execute(
                    "SELECT file FROM parts WHERE upload = ? AND number = ?", (upload, number)
                ).fetchall()
                values = (upload, number, data.id, data.size, etag, now, json.dumps(dict(checksums)))
                rows.execute("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)", values)
                self._remove_files(previous)
        except BaseException:
            self._store.files.remove([data.id])
            raise
        return UploadedPart(number, data.size, etag, datetime.fromtimestamp(now, UTC), data.id, checksums)

    def complete(
        self,
        bucket: str,
        key: str,
        upload: str,
        claimed: Sequence[ClaimedPart],
        precondition: Precondition | None = None,
        size: int | None = None,
    ) -> ObjectInfo:
        """Make the claimed parts one object, of `size` bytes if it is given. Other parts are forgotten.

        Raises
        ------
        AwsError
            `NoSuchUpload`, `MalformedXML` for no part, `InvalidPartOrder`, `InvalidPart`, `EntityTooSmall`,
            `InvalidRequest` for another size.
        """
        with self._database.read() as rows:
            attributes = Attributes(**json.loads(_upload_row(rows, bucket, key, upload)["attributes"]))
            stored = {part.number: part for part in _parts(rows, upload)}
        parts = _chosen(claimed, stored)
        if size not in (None, sum(part.size for part in parts)):
            raise AwsError(
                "InvalidRequest", "The provided 'x-amz-mp-object-size' header does not match the object's size"
            )
        data = DataFile(
            self._store.files.concatenate(part.file for part in parts), sum(part.size for part in parts), {}
        )
        try:
            with self._database.write() as rows:
                _upload_row(rows, bucket, key, upload)
                info = self._store.commit(bucket, key, data, _etag(parts), attributes, precondition)
                self._forget(rows, upload)
        except BaseException:
            self._store.files.remove([data.id])
            raise
        return info

    def abort(self, bucket: str, key: str, upload: str) -> None:
        """Forget an upload and its parts.

        Raises
        ------
        AwsError
            `NoSuchUpload`.
        """
        with self._database.write() as rows:
            _upload_row(rows, bucket, key, upload)
            self._forget(rows, upload)

    def delete_bucket(self, bucket: str) -> None:
        """Delete an empty bucket, with the uploads to it.

        Raises
        ------
        AwsError
            See `ObjectStore.delete_bucket`.
        """
        with self._database.write() as rows:
            for row in rows.execute("SELECT id FROM uploads WHERE bucket = ?", (bucket,)).fetchall():
                self._forget(rows, row["id"])
            self._store.delete_bucket(bucket)

    def list(self, bucket: str, prefix: str = "") -> Sequence[Upload]:
        """List a bucket's uploads by key and then by id.

        Raises
        ------
        AwsError
            `NoSuchBucket`.
        """
        with self._database.read() as rows:
            self._store.require_bucket(bucket)
            found = rows.execute("SELECT * FROM uploads WHERE bucket = ? ORDER BY key, id", (bucket,)).fetchall()
        uploads = (
            Upload(row["id"], row["bucket"], row["key"].decode(), datetime.fromtimestamp(row["created"], UTC))
            for row in found
        )
        return [upload for upload in uploads if upload.key.startswith(prefix)]

    def parts(self, bucket: str, key: str, upload: str) -> Sequence[UploadedPart]:
        """List an upload's parts by number.

        Raises
        ------
        AwsError
            `NoSuchUpload`.
        """
        with self._database.read() as rows:
            _upload_row(rows, bucket, key, upload)
            return _parts(rows, upload)

    def sweep(self) -> None:
        """Remove the data files that interrupted requests left behind, and report rows whose file is gone.

        Only for a start, when nothing is being stored.
        """
        with self._database.read() as rows:
            named = rows.execute("SELECT file FROM objects UNION SELECT file FROM parts").fetchall()
        for missing in self._store.files.sweep({row["file"] for row in named}):
            _log.error("the data file %s of an object is gone: reading that object will fail", missing)

    def _forget(self, rows: sqlite3.Connection, upload: str) -> None:
        self._remove_files(rows.execute("SELECT file FROM parts WHERE upload = ?", (upload,)).fetchall())
        rows.execute("DELETE FROM uploads WHERE id = ?", (upload,))

    def _remove_files(self, rows: Sequence[sqlite3.Row]) -> None:
        self._database.after_commit(lambda: self._store.files.remove(row["file"] for row in rows))


def _upload_row(rows: sqlite3.Connection, bucket: str, key: str, upload: str) -> sqlite3.Row:
    query = "SELECT * FROM uploads WHERE id = ? AND bucket = ? AND key = ?"
    row: sqlite3.Row | None = rows.execute(query, (upload, bucket, key.encode())).fetchone()
    if row is None:
        message = (
            "The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have been "
            "aborted or completed."
        )
        raise AwsError("NoSuchUpload", message, 404, {"UploadId": upload})
    return row


def _parts(rows: sqlite3.Connection, upload: str) -> Sequence[UploadedPart]:
    found = rows.execute("SELECT * FROM parts WHERE upload = ? ORDER BY number", (upload,)).fetchall()
    return [
        UploadedPart(
            row["number"],
            row["size"],
            row["etag"],
            datetime.fromtimestamp(row["modified"], UTC),
            row["file"],
            json.loads(row["checksums"]),
        )
        for row in found
    ]


def _chosen(claimed: Sequence[ClaimedPart], stored: Mapping[int, UploadedPart]) -> Sequence[UploadedPart]:
    if not claimed:
        raise AwsError("MalformedXML", "You must specify at least one part")
    numbers = [part.number for part in claimed]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        message = "The list of parts was not in ascending order. Parts must be ordered by part number."
        raise AwsError("InvalidPartOrder", message)
    chosen = [_matching(part, stored.get(part.number)) for part in claimed]
    for part in chosen[:-1]:
        if part.size < _SMALLEST_PART:
            message = "Your proposed upload is smaller than the minimum allowed size"
            sizes = {"ProposedSize": part.size, "MinSizeAllowed": _SMALLEST_PART, "PartNumber": part.number}
            raise AwsError("EntityTooSmall", message, 400, sizes)
    return chosen


def _matching(claimed: ClaimedPart, part: UploadedPart | None) -> UploadedPart:
    if part is None or part.etag != claimed.etag or not _agree(claimed.checksums, part.checksums):
        message = (
            "One or more of the specified parts could not be found. The part may not have been uploaded, or the "
            "specified entity tag may not match the part's entity tag."
        )
        raise AwsError("InvalidPart", message, 400, {"PartNumber": claimed.number, "ETag": claimed.etag})
    return part


def _agree(claimed: Mapping[str, str], stored: Mapping[str, str]) -> bool:
    return all(stored.get(algorithm, value) == value for algorithm, value in claimed.items())


def _etag(parts: Sequence[UploadedPart]) -> str:
    digest = hashlib.md5(b"".join(bytes.fromhex(part.etag) for part in parts), usedforsecurity=False)
    return f"{digest.hexdigest()}-{len(parts)}"
