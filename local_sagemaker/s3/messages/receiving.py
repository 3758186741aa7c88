"""Takes a body in and holds it to what the client says about it: length, MD5, checksums."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from local_sagemaker.errors import AwsError
from local_sagemaker.http.messages import Request
from local_sagemaker.s3.messages.aws_chunked import AwsChunkedPayload
from local_sagemaker.s3.store.checksums import VERIFIED, Digests, encoded
from local_sagemaker.s3.store.data_files import DataFile, DataFiles

_PREFIX = "x-amz-checksum-"
_LARGEST_DOCUMENT = 4 << 20


@dataclass(frozen=True, slots=True)
class Received:
    """A body in its data file, and the client's checksums that were found true (base64, by algorithm)."""

    data: DataFile
    checksums: Mapping[str, str]


def receive(request: Request, files: DataFiles) -> Received:
    """Store a request's body.

    Raises
    ------
    AwsError
        `IncompleteBody`, `BadDigest`, `InvalidDigest`; nothing is kept then.
    """
    payload = AwsChunkedPayload(request.body) if is_aws_chunked(request.headers) else request.body
    announced = _checksums(request.headers)
    in_trailer = request.headers.get("x-amz-trailer", "").lower().removeprefix(_PREFIX)
    data = files.receive(payload, {*announced, in_trailer} & set(VERIFIED))
    try:
        if isinstance(payload, AwsChunkedPayload):
            announced = {**announced, **_checksums(payload.trailers)}
        _check_length(request.headers, data.size)
        return Received(data, _verified(data.digests, announced, request.headers.get("content-md5")))
    except BaseException:
        files.remove([data.id])
        raise


def receive_document(request: Request) -> bytes:
    """Return a body that is an XML document.

    Raises
    ------
    AwsError
        See `receive`; `MalformedXML` for more than 4 MiB.
    """
    body = request.body.up_to(_LARGEST_DOCUMENT + 1)
    if len(body) > _LARGEST_DOCUMENT:
        raise AwsError("MalformedXML", "The XML you provided is too long")
    announced = _checksums(request.headers)
    digests = Digests({"md5", *announced} & {"md5", *VERIFIED})
    digests.update(body)
    _verified(digests.results(), announced, request.headers.get("content-md5"))
    return body


def is_aws_chunked(headers: Mapping[str, str]) -> bool:
    """Tell whether a body is in the `aws-chunked` encoding."""
    return "aws-chunked" in headers.get("content-encoding", "") or headers.get("x-amz-content-sha256", "").startswith(
        "STREAMING-"
    )


def _checksums(headers: Mapping[str, str]) -> dict[str, str]:
    announced = {name.removeprefix(_PREFIX): value for name, value in headers.items() if name.startswith(_PREFIX)}
    return {
        algorithm: value for algorithm, value in announced.items() if algorithm not in ("algorithm", "type", "mode")
    }


def _check_length(headers: Mapping[str, str], size: int) -> None:
    length = headers.get(
        "x-amz-decoded-content-length", None if is_aws_chunked(headers) else headers.get("content-length")
    )
    if length is not None and length != str(size):
        message = "You did not provide the number of bytes specified by the Content-Length HTTP header"
        raise AwsError("IncompleteBody", message)


def _verified(digests: Mapping[str, bytes], announced: Mapping[str, str], md5: str | None) -> Mapping[str, str]:
    if md5 is not None and _md5(md5) != digests["md5"]:
        raise AwsError("BadDigest", "The Content-MD5 you specified did not match what we received.")
    checked = {algorithm: value for algorithm, value in announced.items() if algorithm in digests}
    for algorithm, value in checked.items():
        if value != encoded(digests[algorithm]):
            message = f"The {algorithm.upper()} you specified did not match the calculated checksum."
            raise AwsError("BadDigest", message)
    return checked


def _md5(header: str) -> bytes:
    invalid = AwsError("InvalidDigest", "The Content-MD5 you specified was invalid.")
    try:
        digest = base64.b64decode(header, validate=True)
    except ValueError as error:  # what is not ASCII is not even a binascii.Error
        raise invalid from error
    if len(digest) != 16:
        raise invalid
    return digest
