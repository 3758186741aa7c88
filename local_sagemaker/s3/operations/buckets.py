"""The operations on buckets and on many objects at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote

from werkzeug.http import quote_etag

from local_sagemaker.errors import AwsError
from local_sagemaker.http.messages import Request, Response
from local_sagemaker.protocol import page_tokens
from local_sagemaker.s3.messages.addressing import RequestedResource
from local_sagemaker.s3.messages.documents import XML, Node, document, element, group, parsed
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

    def __init__(self, store: ObjectStore, uploads: MultipartUploads) -> None:
        self._store = store
        self._uploads = uploads

    def list_buckets(self, request: Request, resource: RequestedResource) -> Response:
        """ListBuckets."""
        query, paging = request.query, ("buckets", request.query.get("prefix", ""))
        limit = max(1, _limit(query.get("max-buckets"), "max-buckets"))
        after = _from_token(query["continuation-token"], paging).decode() if query.get("continuation-token") else ""
        here = query.get("bucket-region", request.region) == request.region
        names = [bucket for bucket in self._store.buckets() if here and bucket.name.startswith(paging[1])]
        rest = [bucket for bucket in names if bucket.name > after]
        entries = (
            group("Bucket", [element("Name", bucket.name), element("CreationDate", bucket.created)])
            for bucket in rest[:limit]
        )
        last = rest[limit - 1].name.encode() if len(rest) > limit else None
        parts = [group("Owner", _OWNER), group("Buckets", entries)]
        return Response(
            200,
            XML,
            document("ListAllMyBucketsResult", [*parts, element("ContinuationToken", _token(last, paging))]),
        )

    def create(self, request: Request, resource: RequestedResource) -> Response:
        """CreateBucket."""
        self._check_place(request)
        self._store.create_bucket(resource.bucket)
        return Response(200, {"Location": f"/{resource.bucket}"})

    def _check_place(self, request: Request) -> None:
        """Refuse to make a bucket in another region, as the endpoint of a region does."""
        body = receive_document(request)
        asked = parsed(body) if body else None
        for name in () if asked is None else asked.tags:
            if name != "LocationConstraint":
                message = f"The local SageMaker's S3 does not support {name} in CreateBucket: leave it out."
                raise AwsError("NotImplemented", message, 501)
        place = asked.text("LocationConstraint") if asked else None
        if place not in (None, request.region):
            message = f"The {place} location constraint is incompatible for the region specific endpoint this request"
            raise AwsError("IllegalLocationConstraintException", f"{message} was sent to.")

    def delete(self, request: Request, resource: RequestedResource) -> Response:
        """DeleteBucket."""
        self._uploads.delete_bucket(resource.bucket)
        return Response(204)

    def head(self, request: Request, resource: RequestedResource) -> Response:
        """HeadBucket."""
        self._store.require_bucket(resource.bucket)
        return Response(200, {"x-amz-bucket-region": request.region})

    def location(self, request: Request, resource: RequestedResource) -> Response:
        """GetBucketLocation; us-east-1 has no name there."""
        self._store.require_bucket(resource.bucket)
        region = "" if request.region == "us-east-1" else request.region
        return Response(200, XML, document("LocationConstraint", [region]))

    def list(self, request: Request, resource: RequestedResource) -> Response:
        """ListObjects and ListObjectsV2."""
        self._store.require_bucket(resource.bucket)
        if request.query.get("list-type") == "2":
            return self._list_v2(request, resource.bucket)
        return self._list_v1(request, resource.bucket)

    def list_versions(self, request: Request, resource: RequestedResource) -> Response:
        """ListObjectVersions, as of a bucket without versioning: each object is the one version, `null`, of itself."""
        self._store.require_bucket(resource.bucket)
        query = request.query
        prefix, delimiter, limit = query.get("prefix", ""), query.get("delimiter", ""), _limit(query.get("max-keys"))
        if query.get("version-id-marker") not in (None, "", "null"):
            raise AwsError("InvalidArgument", "Invalid version id specified")
        marker = query.get("key-marker", "")
        found = page(self._store, resource.bucket, prefix, delimiter, start_after(marker, prefix, delimiter), limit)
        write = _writer(query.get("encoding-type"))
        truncated = found.next_start is not None and found.last is not None
        facts = {
            "Name": resource.bucket,
            "Prefix": write(prefix),
            "KeyMarker": write(marker),
            "MaxKeys": limit,
            "Delimiter": write(delimiter) if delimiter else None,
            "EncodingType": query.get("encoding-type"),
            "IsTruncated": truncated,
            "NextKeyMarker": write(found.last) if truncated and found.last else None,
            "NextVersionIdMarker": "null" if truncated else None,
        }
        written = [element(name, value) for name, value in facts.items()]
        return Response(200, XML, document("ListVersionsResult", [*written, *_entries(found, write, True, "Version")]))

    def delete_objects(self, request: Request, resource: RequestedResource) -> Response:
        """DeleteObjects."""
        body = parsed(receive_document(request))
        self._store.require_bucket(resource.bucket)
        wanted = list(body.children("Object"))
        if not 0 < len(wanted) <= _MOST_DELETED:
            raise AwsError("MalformedXML", f"A request deletes 1 to {_MOST_DELETED} objects, not {len(wanted)}")
        quiet = body.text("Quiet") == "true"
        entries = [self._delete_one(resource.bucket, entry, quiet) for entry in wanted]
        return Response(200, XML, document("DeleteResult", entries))

    def _delete_one(self, bucket: str, entry: Node, quiet: bool) -> str:
        key = entry.text("Key") or ""
        try:
            if entry.text("VersionId") not in (None, "", "null"):
                raise AwsError("NoSuchVersion", "The specified version does not exist.")
            if unheard := sorted(set(entry.tags) - {"Key", "VersionId"}):
                message = f"The local SageMaker's S3 does not support {unheard[0]} in DeleteObjects: leave it out."
                raise AwsError("NotImplemented", message, 501)
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
        paging = ("objects", bucket, prefix, delimiter)
        start = _from_token(token, paging) if token else start_after(query.get("start-after", ""), prefix, delimiter)
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
                    element("NextContinuationToken", _token(found.next_start, paging)),
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


def _entries(found: Page, write: Writer, owned: bool, name: str = "Contents") -> Iterator[str]:
    for info in found.objects:
        yield _object(info, write, owned, name)
    for prefix in found.common_prefixes:
        yield group("CommonPrefixes", [element("Prefix", write(prefix))])


def _object(info: ObjectInfo, write: Writer, owned: bool, name: str) -> str:
    version = [element("VersionId", "null"), element("IsLatest", True)] if name == "Version" else []
    return group(
        name,
        [
            element("Key", write(info.key)),
            *version,
            element("LastModified", info.last_modified),
            element("ETag", quote_etag(info.etag)),
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


def _limit(text: str | None, name: str = "max-keys") -> int:
    if text is None:
        return _LARGEST_PAGE
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise AwsError("InvalidArgument", f"Provided {name} not an integer or within integer range")
    return min(int(text), _LARGEST_PAGE)


def _token(start: bytes | None, of: Sequence[str]) -> str | None:
    return None if start is None else page_tokens.written([start.hex()], of)


def _from_token(token: str, of: Sequence[str]) -> bytes:
    try:
        return bytes.fromhex(page_tokens.place(token, [""], of)[0])
    except (page_tokens.ForeignToken, ValueError) as error:
        raise AwsError("InvalidArgument", "The continuation token provided is incorrect") from error
