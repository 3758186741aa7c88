"""S3's front: which operation a request asks for, and how S3 words its errors."""

from __future__ import annotations

from collections.abc import Callable

from local_sagemaker.errors import AwsError
from local_sagemaker.http.exchange import Request, Response
from local_sagemaker.s3.messages.addressing import Target, operation_name, target_of
from local_sagemaker.s3.messages.documents import XML, element, error_document
from local_sagemaker.s3.messages.presigned import check_expiry
from local_sagemaker.s3.operations.buckets import BucketOperations
from local_sagemaker.s3.operations.multipart import MultipartOperations
from local_sagemaker.s3.operations.objects import ObjectOperations
from local_sagemaker.s3.store.multipart import MultipartUploads
from local_sagemaker.s3.store.objects import ObjectStore

Operation = Callable[[Request, Target], Response]
_Route = tuple[str, str, frozenset[str]]


class S3Service:
    """Carries S3 requests out.

    Parameters
    ----------
    store, uploads : what is stored
    region : where the buckets say they are
    """

    def __init__(self, store: ObjectStore, uploads: MultipartUploads, region: str) -> None:
        buckets = BucketOperations(store, uploads, region)
        objects = ObjectOperations(store)
        multipart = MultipartOperations(store, uploads)
        self._operations: dict[_Route, Operation] = {
            _route("GET", "service"): buckets.list_buckets,
            _route("PUT", "bucket"): buckets.create,
            _route("DELETE", "bucket"): buckets.delete,
            _route("HEAD", "bucket"): buckets.head,
            _route("GET", "bucket"): buckets.list,
            _route("GET", "bucket", "location"): buckets.location,
            _route("POST", "bucket", "delete"): buckets.delete_objects,
            _route("GET", "bucket", "uploads"): multipart.list,
            _route("PUT", "object"): objects.put,
            _route("GET", "object"): objects.get,
            _route("HEAD", "object"): objects.head,
            _route("DELETE", "object"): objects.delete,
            _route("GET", "object", "tagging"): objects.get_tags,
            _route("PUT", "object", "tagging"): objects.put_tags,
            _route("DELETE", "object", "tagging"): objects.delete_tags,
            _route("POST", "object", "uploads"): multipart.create,
            _route("PUT", "object", "uploadId", "partNumber"): multipart.add_part,
            _route("POST", "object", "uploadId"): multipart.complete,
            _route("DELETE", "object", "uploadId"): multipart.abort,
            _route("GET", "object", "uploadId"): multipart.parts,
        }

    def answer(self, request: Request) -> Response:
        """Carry one request out.

        Raises
        ------
        AwsError
            What S3 would answer, or `NotImplemented` with the name of an operation that is not ours.
        """
        check_expiry(request.query)
        target = target_of(request)
        operation = self._operations.get((target.method, target.scope, target.sides))
        if operation is None:
            message = f"{operation_name(target)} is not part of the local SageMaker's S3."
            raise AwsError("NotImplemented", message, 501)
        return operation(request, target)

    def error(self, error: AwsError, request: Request, request_id: str) -> Response:
        """Write an error as S3 does: XML, and no body after a HEAD request."""
        if request.method == "HEAD":
            return Response(error.status, XML)
        facts = {"Code": error.code, "Message": error.message, **error.fields}
        facts |= {"Resource": request.path, "RequestId": request_id, "HostId": "local"}
        body = error_document(element(name, value) for name, value in facts.items())
        return Response(error.status, XML, body)


def _route(method: str, scope: str, *sides: str) -> _Route:
    return method, scope, frozenset(sides)
