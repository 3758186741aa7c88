"""S3's routes: which operation a request asks for, and how S3 words its errors."""

from __future__ import annotations

from collections.abc import Callable

from local_sagemaker.errors import AwsError
from local_sagemaker.http.messages import Request, Response
from local_sagemaker.s3.messages.addressing import RequestedResource, operation_name, requested_resource
from local_sagemaker.s3.messages.documents import XML, element, error_document
from local_sagemaker.s3.messages.hearing import check_members
from local_sagemaker.s3.messages.presigned import check_expiry
from local_sagemaker.s3.operations.buckets import BucketOperations
from local_sagemaker.s3.operations.multipart import MultipartOperations
from local_sagemaker.s3.operations.objects import ObjectOperations
from local_sagemaker.s3.request_members import S3
from local_sagemaker.s3.store.multipart import MultipartUploads
from local_sagemaker.s3.store.objects import ObjectStore

Operation = Callable[[Request, RequestedResource], Response]
_COPYING = {"PutObject": "CopyObject", "UploadPart": "UploadPartCopy"}
_Route = tuple[str, str, frozenset[str]]


class S3Service:
    """Carries S3 requests out.

    Parameters
    ----------
    store, uploads : ObjectStore
        What is stored.
    """

    def __init__(self, store: ObjectStore, uploads: MultipartUploads) -> None:
        buckets = BucketOperations(store, uploads)
        objects = ObjectOperations(store)
        multipart = MultipartOperations(store, uploads)
        self._operations: dict[_Route, tuple[str, Operation]] = {
            _route("GET", "service"): ("ListBuckets", buckets.list_buckets),
            _route("PUT", "bucket"): ("CreateBucket", buckets.create),
            _route("DELETE", "bucket"): ("DeleteBucket", buckets.delete),
            _route("HEAD", "bucket"): ("HeadBucket", buckets.head),
            _route("GET", "bucket"): ("ListObjects", buckets.list),
            _route("GET", "bucket", "versions"): ("ListObjectVersions", buckets.list_versions),
            _route("GET", "bucket", "location"): ("GetBucketLocation", buckets.location),
            _route("POST", "bucket", "delete"): ("DeleteObjects", buckets.delete_objects),
            _route("GET", "bucket", "versions"): ("ListObjectVersions", buckets.list_versions),
            _route("GET", "bucket", "uploads"): ("ListMultipartUploads", multipart.list),
            _route("PUT", "object"): ("PutObject", objects.put),
            _route("GET", "object"): ("GetObject", objects.get),
            _route("HEAD", "object"): ("HeadObject", objects.head),
            _route("DELETE", "object"): ("DeleteObject", objects.delete),
            _route("GET", "object", "tagging"): ("GetObjectTagging", objects.get_tags),
            _route("PUT", "object", "tagging"): ("PutObjectTagging", objects.put_tags),
            _route("DELETE", "object", "tagging"): ("DeleteObjectTagging", objects.delete_tags),
            _route("POST", "object", "uploads"): ("CreateMultipartUpload", multipart.create),
            _route("PUT", "object", "uploadId", "partNumber"): ("UploadPart", multipart.add_part),
            _route("POST", "object", "uploadId"): ("CompleteMultipartUpload", multipart.complete),
            _route("DELETE", "object", "uploadId"): ("AbortMultipartUpload", multipart.abort),
            _route("GET", "object", "uploadId"): ("ListParts", multipart.parts),
        }

    def answer(self, request: Request) -> Response:
        """Carry one request out.

        Raises
        ------
        AwsError
            What S3 would answer, or `NotImplemented` with the name of an operation that is not ours or of what an
            operation would not hear.
        """
        check_expiry(request.query)
        resource = requested_resource(request)
        found = self._operations.get((resource.method, resource.scope, resource.sub_resources))
        if found is None:
            message = f"{operation_name(resource)} is not part of the local SageMaker's S3."
            raise AwsError("NotImplemented", message, 501)
        name, operation = _told_apart(found[0], request), found[1]
        check_members(name, S3[name], request)
        return operation(request, resource)

    def error(self, error: AwsError, request: Request, request_id: str) -> Response:
        """Write an error as S3 does: XML, and no body after a HEAD request."""
        if request.method == "HEAD":
            return Response(error.status, XML)
        facts = {"Code": error.code, "Message": error.message, **error.fields}
        facts |= {"Resource": request.path, "RequestId": request_id, "HostId": "local"}
        body = error_document(element(name, value) for name, value in facts.items())
        return Response(error.status, XML, body)


def _told_apart(name: str, request: Request) -> str:
    """Name the operation where two share a method and a path."""
    if name in _COPYING and "x-amz-copy-source" in request.headers:
        return _COPYING[name]
    return "ListObjectsV2" if name == "ListObjects" and request.query.get("list-type") == "2" else name


def _route(method: str, scope: str, *sub_resources: str) -> _Route:
    return method, scope, frozenset(sub_resources)
