"""What a request is about: a bucket, a key, and which of their sub-resources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl, unquote

from local_sagemaker.errors import AwsError
from local_sagemaker.http.messages import Request

# fmt: off
SUB_RESOURCES = frozenset({
    "abac", "accelerate", "acl", "analytics", "annotation", "attributes", "cors", "delete", "encryption",
    "intelligent-tiering", "inventory", "legal-hold", "lifecycle", "location", "logging", "metadataConfiguration",
    "metadataInventoryTable", "metadataJournalTable", "metadataTable", "metrics", "notification", "object-lock",
    "ownershipControls", "partNumber", "policy", "policyStatus", "publicAccessBlock", "renameObject", "replication",
    "requestPayment", "restore", "retention", "select", "session", "tagging", "torrent", "uploadId", "uploads",
    "versionId", "versioning", "versions", "website",
})
# fmt: on


@dataclass(frozen=True, slots=True)
class RequestedResource:
    """What a request is about. Bucket and key are empty where there is none."""

    method: str
    bucket: str
    key: str
    sub_resources: frozenset[str]

    @property
    def scope(self) -> str:
        """`service`, `bucket` or `object`."""
        if self.key:
            return "object"
        return "bucket" if self.bucket else "service"


def requested_resource(request: Request) -> RequestedResource:
    """Read the resource from a request's path and query.

    Raises
    ------
    AwsError
        `InvalidURI` for a path that is not UTF-8.
    """
    bucket, _, key = request.path.removeprefix("/").partition("/")
    try:
        bucket, key = unquote(bucket, errors="strict"), unquote(key, errors="strict")
    except UnicodeDecodeError as error:
        raise AwsError("InvalidURI", "Couldn't parse the specified URI: the path is not UTF-8") from error
    sub_resources = frozenset(name for name in request.query if name in SUB_RESOURCES)
    if request.query.get("versionId") == "null":  # the only version that there is
        sub_resources -= {"versionId"}
    return RequestedResource(request.method, bucket, key, sub_resources)


def operation_name(resource: RequestedResource) -> str:
    """Name the S3 operation that a request asks for, from botocore's model; for refusals."""
    for name, method, scope, sub_resources in _operations():
        if (method, scope, sub_resources) == (resource.method, resource.scope, resource.sub_resources):
            return name
    return (
        f"{resource.method} of the {resource.scope} with {', '.join(sorted(resource.sub_resources)) or 'no parameter'}"
    )


@cache
def _operations() -> list[tuple[str, str, str, frozenset[str]]]:
    from botocore.loaders import Loader

    model = Loader().load_service_model("s3", "service-2")["operations"]
    current = sorted(model, key=lambda name: "deprecated" in model[name])  # GetBucketLifecycle has a successor
    return [entry for name in current for entry in _described(name, model[name]["http"])]


def _described(name: str, http: dict[str, str]) -> Iterator[tuple[str, str, str, frozenset[str]]]:
    path, _, query = http["requestUri"].partition("?")
    scope = "object" if "{Key+}" in path else "bucket" if "{Bucket}" in path else "service"
    sub_resources = frozenset(key for key, _ in parse_qsl(query, keep_blank_values=True) if key in SUB_RESOURCES)
    yield name, http["method"], scope, sub_resources
