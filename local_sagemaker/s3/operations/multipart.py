"""The operations on objects that come in parts."""

from __future__ import annotations

from collections.abc import Mapping

from werkzeug.http import quote_etag

from local_sagemaker.errors import AwsError
from local_sagemaker.http.messages import Request, Response
from local_sagemaker.s3.messages.addressing import RequestedResource
from local_sagemaker.s3.messages.conditions import byte_range, check_copy_source, of_writing
from local_sagemaker.s3.messages.documents import XML, Node, document, element, group, parsed
from local_sagemaker.s3.messages.object_headers import announced_attributes, checksum_headers
from local_sagemaker.s3.messages.receiving import receive, receive_document
from local_sagemaker.s3.operations.objects import FileBytes, copy_source
from local_sagemaker.s3.store.multipart import ClaimedPart, MultipartUploads, Upload, UploadedPart
from local_sagemaker.s3.store.objects import ObjectStore

_LARGEST_PAGE = 1000


class MultipartOperations:
    """Create, fill, complete, abort and list uploads."""

    def __init__(self, store: ObjectStore, uploads: MultipartUploads) -> None:
        self._store = store
        self._uploads = uploads

    def create(self, request: Request, resource: RequestedResource) -> Response:
        """CreateMultipartUpload."""
        upload = self._uploads.create(resource.bucket, resource.key, announced_attributes(request.headers))
        entries = [element("Bucket", resource.bucket), element("Key", resource.key), element("UploadId", upload)]
        return Response(200, XML, document("InitiateMultipartUploadResult", entries))

    def add_part(self, request: Request, resource: RequestedResource) -> Response:
        """UploadPart, and UploadPartCopy when a source is named."""
        upload, number = request.query["uploadId"], _whole_number("partNumber", request.query["partNumber"])
        self._uploads.require(resource.bucket, resource.key, upload)
        if "x-amz-copy-source" in request.headers:
            return self._copy_part(request, resource, upload, number)
        received = receive(request, self._store.files)
        part = self._uploads.add_part(resource.bucket, resource.key, upload, number, received.data, received.checksums)
        return Response(200, {"ETag": quote_etag(part.etag), **checksum_headers(received.checksums)})

    def complete(self, request: Request, resource: RequestedResource) -> Response:
        """CompleteMultipartUpload."""
        claimed = [_claimed(part) for part in parsed(receive_document(request)).children("Part")]
        precondition = of_writing(request.headers)
        size = request.headers.get("x-amz-mp-object-size")
        wanted = None if size is None else _whole_number("x-amz-mp-object-size", size)
        info = self._uploads.complete(
            resource.bucket, resource.key, request.query["uploadId"], claimed, precondition, wanted
        )
        entries = [
            element("Location", f"/{resource.bucket}/{resource.key}"),
            element("Bucket", resource.bucket),
            element("Key", resource.key),
            element("ETag", quote_etag(info.etag)),
        ]
        return Response(200, XML, document("CompleteMultipartUploadResult", entries))

    def abort(self, request: Request, resource: RequestedResource) -> Response:
        """AbortMultipartUpload."""
        self._uploads.abort(resource.bucket, resource.key, request.query["uploadId"])
        return Response(204)

    def parts(self, request: Request, resource: RequestedResource) -> Response:
        """ListParts."""
        query, upload = request.query, request.query["uploadId"]
        after = _whole_number("part-number-marker", query.get("part-number-marker", "0"))
        limit = min(_whole_number("max-parts", query.get("max-parts", "1000")), _LARGEST_PAGE)
        rest = [part for part in self._uploads.parts(resource.bucket, resource.key, upload) if part.number > after]
        page = rest[:limit]
        entries = [
            element("Bucket", resource.bucket),
            element("Key", resource.key),
            element("UploadId", upload),
            element("PartNumberMarker", after),
            element("NextPartNumberMarker", page[-1].number if page else 0),
            element("MaxParts", limit),
            element("IsTruncated", len(rest) > limit),
            element("StorageClass", "STANDARD"),
            *map(_part, page),
        ]
        return Response(200, XML, document("ListPartsResult", entries))

    def list(self, request: Request, resource: RequestedResource) -> Response:
        """ListMultipartUploads."""
        query = request.query
        if query.get("delimiter"):
            raise AwsError("NotImplemented", "ListMultipartUploads takes no delimiter here.", 501)
        after = (query.get("key-marker", ""), query.get("upload-id-marker", ""))
        limit = min(_whole_number("max-uploads", query.get("max-uploads", "1000")), _LARGEST_PAGE)
        rest = [
            upload for upload in self._uploads.list(resource.bucket, query.get("prefix", "")) if _follows(upload, after)
        ]
        page, truncated = rest[:limit], len(rest) > limit
        entries = [
            element("Bucket", resource.bucket),
            element("Prefix", query.get("prefix", "")),
            element("KeyMarker", after[0]),
            element("UploadIdMarker", after[1]),
            element("NextKeyMarker", page[-1].key if truncated else None),
            element("NextUploadIdMarker", page[-1].id if truncated else None),
            element("MaxUploads", limit),
            element("IsTruncated", truncated),
            *map(_upload, page),
        ]
        return Response(200, XML, document("ListMultipartUploadsResult", entries))

    def _copy_part(self, request: Request, resource: RequestedResource, upload: str, number: int) -> Response:
        source, file = self._store.open_with_info(*copy_source(request.headers))
        with file:
            check_copy_source(request.headers, source)
            wanted = byte_range(request.headers.get("x-amz-copy-source-range"), source.size)
            data = self._store.files.receive(FileBytes(file, source.size, wanted))
        part = self._uploads.add_part(resource.bucket, resource.key, upload, number, data, {})
        entries = [element("LastModified", part.modified), element("ETag", quote_etag(part.etag))]
        return Response(200, XML, document("CopyPartResult", entries))


def _claimed(node: Node) -> ClaimedPart:
    checksums: Mapping[str, str] = {
        tag.removeprefix("Checksum").lower(): node.text(tag) or "" for tag in node.tags if tag.startswith("Checksum")
    }
    number = _whole_number("PartNumber", node.text("PartNumber") or "")
    return ClaimedPart(number, (node.text("ETag") or "").strip('"'), checksums)


def _part(part: UploadedPart) -> str:
    return group(
        "Part",
        [
            element("PartNumber", part.number),
            element("LastModified", part.modified),
            element("ETag", quote_etag(part.etag)),
            element("Size", part.size),
            *(element(f"Checksum{algorithm.upper()}", value) for algorithm, value in part.checksums.items()),
        ],
    )


def _upload(upload: Upload) -> str:
    return group(
        "Upload",
        [
            element("Key", upload.key),
            element("UploadId", upload.id),
            element("StorageClass", "STANDARD"),
            element("Initiated", upload.created),
        ],
    )


def _follows(upload: Upload, after: tuple[str, str]) -> bool:
    key, upload_id = after
    if not upload_id:
        return upload.key.encode() > key.encode()
    return (upload.key.encode(), upload.id) > (key.encode(), upload_id)


def _whole_number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise AwsError("InvalidArgument", f"{name} is {text[:20]!r}; it takes a whole number")
    return int(text)
