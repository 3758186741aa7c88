"""The operations on single objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import BinaryIO
from urllib.parse import unquote

from werkzeug.http import quote_etag

from local_sagemaker.errors import AwsError
from local_sagemaker.http.messages import Request, Response
from local_sagemaker.s3.messages.addressing import RequestedResource
from local_sagemaker.s3.messages.conditions import (
    ByteRange,
    byte_range,
    check_copy_source,
    is_unmodified_for,
    of_writing,
)
from local_sagemaker.s3.messages.documents import XML, document, element, group, parsed
from local_sagemaker.s3.messages.object_headers import (
    announced_attributes,
    checked_tags,
    checksum_headers,
    headers_of,
    overrides,
)
from local_sagemaker.s3.messages.receiving import receive, receive_document
from local_sagemaker.s3.store.data_files import DataFile
from local_sagemaker.s3.store.names import check_key
from local_sagemaker.s3.store.objects import Attributes, ObjectInfo, ObjectStore

_BLOCK = 1 << 18


class ObjectOperations:
    """Put, get, head, copy, delete and tag."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, request: Request, resource: RequestedResource) -> Response:
        """PutObject, and CopyObject when a source is named."""
        check_key(resource.key)
        self._store.require_bucket(resource.bucket)
        precondition, attributes = of_writing(request.headers), announced_attributes(request.headers)
        if "x-amz-copy-source" in request.headers:
            return self._copy(request, resource, attributes)
        received = receive(request, self._store.files)
        etag = received.data.digests["md5"].hex()
        attributes = replace(attributes, checksums=received.checksums)
        self._store.commit(resource.bucket, resource.key, received.data, etag, attributes, precondition)
        return Response(200, {"ETag": quote_etag(etag), **checksum_headers(received.checksums)})

    def get(self, request: Request, resource: RequestedResource) -> Response:
        """GetObject."""
        info, file = self._store.open_with_info(resource.bucket, resource.key)
        try:
            found = _found(request, info)
            if found.status == 304:
                file.close()
                return found
            wanted = byte_range(request.headers.get("range"), info.size)
        except BaseException:
            file.close()
            raise
        return replace(found, body=FileBytes(file, info.size, wanted))

    def head(self, request: Request, resource: RequestedResource) -> Response:
        """HeadObject."""
        return _found(request, self._store.head(resource.bucket, resource.key))

    def delete(self, request: Request, resource: RequestedResource) -> Response:
        """DeleteObject."""
        self._store.delete(resource.bucket, resource.key)
        return Response(204)

    def get_tags(self, request: Request, resource: RequestedResource) -> Response:
        """GetObjectTagging."""
        tags = self._store.head(resource.bucket, resource.key).tags
        entries = (group("Tag", [element("Key", key), element("Value", value)]) for key, value in tags.items())
        return Response(200, XML, document("Tagging", [group("TagSet", entries)]))

    def put_tags(self, request: Request, resource: RequestedResource) -> Response:
        """PutObjectTagging."""
        pairs = [
            (tag.text("Key") or "", tag.text("Value") or "")
            for tag_set in parsed(receive_document(request)).children("TagSet")
            for tag in tag_set.children("Tag")
        ]
        self._store.set_tags(resource.bucket, resource.key, checked_tags(pairs))
        return Response(200)

    def delete_tags(self, request: Request, resource: RequestedResource) -> Response:
        """DeleteObjectTagging."""
        self._store.set_tags(resource.bucket, resource.key, {})
        return Response(204)

    def _copy(self, request: Request, resource: RequestedResource, announced: Attributes) -> Response:
        bucket, key = copy_source(request.headers)
        replaces = _replaces(request.headers, "x-amz-metadata-directive")
        if (bucket, key) == (resource.bucket, resource.key) and not replaces:
            message = (
                "This copy request is illegal because it is trying to copy an object to itself without changing the "
                "object's metadata, storage class, website redirect location or encryption attributes."
            )
            raise AwsError("InvalidRequest", message)
        source, file = self._store.open_with_info(bucket, key)
        with file:
            check_copy_source(request.headers, source)
            data = self._duplicate(source, file)
        etag = data.digests["md5"].hex()
        attributes = _of_copy(source, announced, replaces, _replaces(request.headers, "x-amz-tagging-directive"))
        info = self._store.commit(resource.bucket, resource.key, data, etag, attributes, of_writing(request.headers))
        entries = [element("ETag", quote_etag(info.etag)), element("LastModified", info.last_modified)]
        return Response(200, XML, document("CopyObjectResult", entries))

    def _duplicate(self, source: ObjectInfo, file: BinaryIO) -> DataFile:
        """Give the copy a data file. What came in parts is read again, as its ETag is not its MD5 and the copy's is."""
        if "-" in source.etag:
            return self._store.files.receive(file)
        try:
            file_id = self._store.files.duplicate(source.path)
        except FileNotFoundError:  # replaced or deleted since it was opened: what is open is the whole object
            return self._store.files.receive(file)
        return DataFile(file_id, source.size, {"md5": bytes.fromhex(source.etag)})


class FileBytes:
    """The bytes of an open file, or a range of them, to be read or to be gone through in blocks."""

    def __init__(self, file: BinaryIO, size: int, wanted: ByteRange | None) -> None:
        self._file = file
        self._left = wanted.length if wanted else size
        if wanted:
            file.seek(wanted.first)

    def __iter__(self) -> Iterator[bytes]:
        """Go through the blocks."""
        while block := self.read(_BLOCK):
            yield block

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes."""
        block = self._file.read(min(size, self._left))
        self._left -= len(block)
        return block

    def close(self) -> None:
        """Close the file; WSGI calls this when the answer is over, however it ends."""
        self._file.close()


def copy_source(headers: Mapping[str, str]) -> tuple[str, str]:
    """Read bucket and key from `x-amz-copy-source`.

    Raises
    ------
    AwsError
        `InvalidArgument`, or `NotImplemented` if a version is asked for.
    """
    path, _, query = headers["x-amz-copy-source"].partition("?")
    if query and query != "versionId=null":
        raise AwsError("NotImplemented", "The local SageMaker's S3 has no versions.", 501)
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    if not bucket or not key:
        raise AwsError("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
    return bucket, key


def _found(request: Request, info: ObjectInfo) -> Response:
    """Answer for an object, all but the bytes."""
    headers = headers_of(info)
    if is_unmodified_for(request.headers, info):
        return Response(304, {name: headers[name] for name in ("ETag", "Last-Modified")})
    headers |= overrides(request.query)
    wanted = byte_range(request.headers.get("range"), info.size)
    if wanted is not None:
        headers["Content-Range"] = f"bytes {wanted.first}-{wanted.last}/{info.size}"
        return Response(206, headers, length=wanted.length)
    if request.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED":
        headers |= checksum_headers(info.checksums)
    return Response(200, headers, length=info.size)


def _of_copy(source: ObjectInfo, announced: Attributes, replaces: bool, replaces_tags: bool) -> Attributes:
    return Attributes(
        content_type=announced.content_type if replaces else source.content_type,
        headers=announced.headers if replaces else source.headers,
        metadata=announced.metadata if replaces else source.metadata,
        tags=announced.tags if replaces_tags else source.tags,
        checksums=source.checksums,
    )


def _replaces(headers: Mapping[str, str], directive: str) -> bool:
    value = headers.get(directive, "COPY")
    if value not in ("COPY", "REPLACE"):
        raise AwsError("InvalidArgument", f"{directive} takes COPY or REPLACE, not {value}")
    return value == "REPLACE"
