"""What travels about an object in HTTP headers, both ways."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from werkzeug.http import http_date, quote_etag

from local_sagemaker.errors import AwsError
from local_sagemaker.s3.store.objects import Attributes, ObjectInfo

_METADATA = "x-amz-meta-"
_KEPT = ("cache-control", "content-disposition", "content-encoding", "content-language", "expires")
_OVERRIDABLE = ("content-type", *_KEPT)
_LARGEST_METADATA = 2048
_MOST_TAGS = 10


def announced_attributes(headers: Mapping[str, str]) -> Attributes:
    """Read what a request says about the object that it writes.

    Raises
    ------
    AwsError
        `MetadataTooLarge`, `InvalidTag`.
    """
    metadata = {name.removeprefix(_METADATA): value for name, value in headers.items() if name.startswith(_METADATA)}
    size = sum(len(name.encode()) + len(value.encode("latin-1")) for name, value in metadata.items())
    if size > _LARGEST_METADATA:
        message = "Your metadata headers exceed the maximum allowed metadata size"
        raise AwsError("MetadataTooLarge", message, 400, {"Size": size, "MaxSizeAllowed": _LARGEST_METADATA})
    kept = {name: headers[name] for name in _KEPT if name in headers}
    encoding = ",".join(
        part.strip() for part in kept.pop("content-encoding", "").split(",") if part.strip() not in ("", "aws-chunked")
    )
    return Attributes(
        content_type=headers.get("content-type") or "binary/octet-stream",
        headers={**kept, "content-encoding": encoding} if encoding else kept,
        metadata=metadata,
        tags=checked_tags(parse_qsl(headers.get("x-amz-tagging", ""), keep_blank_values=True)),
    )


def checked_tags(pairs: list[tuple[str, str]]) -> Mapping[str, str]:
    """Refuse tags that S3 would refuse.

    Raises
    ------
    AwsError
        `InvalidTag`, `BadRequest`.
    """
    tags = dict(pairs)
    if len(tags) < len(pairs):
        raise AwsError("InvalidTag", "Cannot provide multiple Tags with the same key")
    if len(tags) > _MOST_TAGS:
        raise AwsError("BadRequest", f"Object tags cannot be greater than {_MOST_TAGS}")
    if any(not 0 < len(key) <= 128 or len(value) > 256 for key, value in tags.items()):
        raise AwsError("InvalidTag", "A tag key has 1 to 128 characters, a tag value at most 256")
    return tags


def headers_of(info: ObjectInfo) -> dict[str, str]:
    """Return the headers that describe an object."""
    headers = {
        "Content-Type": info.content_type,
        "ETag": quote_etag(info.etag),
        "Last-Modified": http_date(info.last_modified),
        "Accept-Ranges": "bytes",
        **{name.title(): value for name, value in info.headers.items()},
        **{f"{_METADATA}{name}": value for name, value in info.metadata.items()},
    }
    if info.tags:
        headers["x-amz-tagging-count"] = str(len(info.tags))
    return headers


def checksum_headers(checksums: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that carry checksums."""
    return {f"x-amz-checksum-{algorithm}": value for algorithm, value in checksums.items()}


def overrides(query: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that a presigned URL asks for (`response-content-type` and its like).

    Raises
    ------
    AwsError
        `InvalidArgument` for a value that would break out of its header.
    """
    wanted = {name.title(): query[f"response-{name}"] for name in _OVERRIDABLE if f"response-{name}" in query}
    if not all(value.isprintable() and value.isascii() for value in wanted.values()):
        raise AwsError("InvalidArgument", "A header value holds characters that no header may hold")
    return wanted
