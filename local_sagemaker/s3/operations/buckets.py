"""The operations on buckets and on many objects at once."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from urllib.parse import quote

from local_sagemaker.errors import AwsError
from local_sagemaker.http.exchange import Request, Response
from local_sagemaker.s3.messages.addressing import Target
from local_sagemaker.s3.messages.documents import XML, Node, document, element, group, parsed
from local_sagemaker.s3.messages.object_headers import quoted
from local_sagemaker.s3.messages.receiving import receive_document
from local_sagemaker.s3.store.listing import Page, page, start_after
from local_sagemaker.s3.store.multipart import MultipartUploads
from local_sagemaker.s3.store.names import check_key
from local_sagemaker.s3.store.objects import ObjectInfo, ObjectStore

_LARGEST_PAGE = 1000
_MOST_DELETED = 1000
_OWNER = [element("ID", "123456789012"), element("DisplayName", "local")]

Writer = Callable[[str], str]


class BucketOperations:
    """Buckets, listings, and the deletion of many objects."""

    def __init__(self, store: ObjectStore, uploads: MultipartUploads, region: str) -> None:
        self._store = store
        self._uploads = uploads
        self._region = region

    def list_buckets(self, request: Request, target: Target) -> Response:
        """ListBuckets."""
        prefix = request.query.get("prefix", "")
        entries = (
            group("Bucket", [element("Name", bucket.name), element("CreationDate", bucket.created)])
            for bucket in self._store.buckets()
            if bucket.name.startswith(prefix)
        )
        return Response(
            200, XML, document("ListAllMyBucketsResult", [group("Owner", _OWNER), group("Buckets", entries)])
        )

    def create(self, request: Request, target: Target) -> Response:
        """CreateBucket."""
        self._store.create_bucket(target.bucket)
        return Response(200, {"Location": f"/{target.bucket}"})

    def delete(self, request: Request, target: Target) -> Response:
        """DeleteBucket."""
        self._uploads.delete_bucket(target.bucket)
        return Response(204)

    def head(self, request: Request, target: Target) -> Response:
        """HeadBucket."""
        self._store.require_bucket(target.bucket)
        return Response(200, {"x-amz-bucket-region": self._region})

    def location(self, request: Request, target: Target) -> Response:
        """GetBucketLocation; us-east-1 has no name there."""
        self._store.require_bucket(target.bucket)
        region = "" if self._region == "us-east-1" else self._region
        return Response(200, XML, document("LocationConstraint", [region]))

    def list(self, request: Request, target: Target) -> Response:
        """ListObjects and ListObjectsV2."""
        self._store.require_bucket(target.bucket)
        if request.query.get("list-type") == "2":
            return self._list_v2(request, target.bucket)
        return self._list_v1(request, target.bucket)

    def delete_objects(self, request: Request, target: Target) -> Response:
        """DeleteObjects."""
        body = parsed(receive_document(request))
        self._store.require_bucket(target.bucket)
        wanted = list(body.children("Object"))
        if not 0 < len(wanted) <= _MOST_DELETED:
            raise AwsError("MalformedXML", f"A request deletes 1 to {_MOST_DELETED} objects, not {len(wanted)}")
        quiet = body.text("Quiet") == "true"
        entries = [self._delete_one(target.bucket, entry, quiet) for entry in wanted]
        return Response(200, XML, document("DeleteResult", entries))

    def _delete_one(self, bucket: str, entry: Node, quiet: bool) -> str:
        key = entry.text("Key") or ""
        try:
            if entry.text("VersionId") not in (None, "", "null"):
                raise AwsError("NoSuchVersion", "The specified version does not exist.")
            check_key(key)
            self._store.delete(bucket, key)
        except AwsError as error:
            facts = [element("Key", key), element("Code", error.code), element("Message", error.message)]
            return group("Error", facts)
        return "" if quiet else group("Deleted", [element("Key", key)])

    def _list_v2(self, request: Request, bucket: str) -> Response:
        query = request.query
        prefix, delimiter, limit = query.get("prefix", ""), query.get("delimiter", ""), _limit(query.get("max-keys"))
        token = query.get("continuation-token")
        start = _from_token(token) if token else start_after(query.get("start-after", ""), prefix, delimiter)
        found = page(self._store, bucket, prefix, delimiter, start, limit)
        write = _writer(query.get("encoding-type"))
        owned = query.get("fetch-owner") == "true"
        return Response(
            200,
            XML,
            document(
                "ListBucketResult",
                [
                    element("Name", bucket),
                    element("Prefix", write(prefix)),
                    element("StartAfter", write(query["start-after"]) if query.get("start-after") else None),
                    element("MaxKeys", limit),
                    element("Delimiter", write(delimiter) if delimiter else None),
                    element("EncodingType", query.get("encoding-type")),
                    element("KeyCount", len(found.objects) + len(found.common_prefixes)),
                    element("IsTruncated", found.next_start is not None),
                    element("ContinuationToken", token),
                    element("NextContinuationToken", _token(found.next_start)),
                    *_entries(found, write, owned),
                ],
            ),
        )

    def _list_v1(self, request: Request, bucket: str) -> Response:
        query = request.query
        prefix, delimiter, limit = query.get("prefix", ""), query.get("delimiter", ""), _limit(query.get("max-keys"))
        marker = query.get("marker", "")
        start = start_after(marker, prefix, delimiter)
        found = page(self._store, bucket, prefix, delimiter, start, limit)
        write = _writer(query.get("encoding-type"))
        truncated = found.next_start is not None
        return Response(
            200,
            XML,
            document(
                "ListBucketResult",
                [
                    element("Name", bucket),
                    element("Prefix", write(prefix)),
                    element("Marker", write(marker)),
                    element("MaxKeys", limit),
                    element("Delimiter", write(delimiter) if delimiter else None),
                    element("EncodingType", query.get("encoding-type")),
                    element("IsTruncated", truncated),
                    element("NextMarker", write(found.last) if truncated and delimiter and found.last else None),
                    *_entries(found, write, True),
                ],
            ),
        )


def _entries(found: Page, write: Writer, owned: bool) -> Iterator[str]:
    for info in found.objects:
        yield _object(info, write, owned)
    for prefix in found.common_prefixes:
        yield group("CommonPrefixes", [element("Prefix", write(prefix))])


def _object(info: ObjectInfo, write: Writer, owned: bool) -> str:
    return group(
        "Contents",
        [
            element("Key", write(info.key)),
            element("LastModified", info.last_modified),
            element("ETag", quoted(info.etag)),
            element("Size", info.size),
            group("Owner", _OWNER) if owned else "",
            element("StorageClass", "STANDARD"),
        ],
    )


def _writer(encoding: str | None) -> Writer:
    if encoding is None:
        return str
    if encoding != "url":
        raise AwsError("InvalidArgument", "Invalid Encoding Method specified in Request")
    return lambda text: quote(text, safe="/-_.~*")


def _limit(text: str | None) -> int:
    if text is None:
        return _LARGEST_PAGE
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise AwsError("InvalidArgument", "Provided max-keys not an integer or within integer range")
    return min(int(text), _LARGEST_PAGE)


def _token(start: bytes | None) -> str | None:
    return None if start is None else base64.urlsafe_b64encode(start).decode()


def _from_token(token: str) -> bytes:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise AwsError("InvalidArgument", "The continuation token provided is incorrect") from error
