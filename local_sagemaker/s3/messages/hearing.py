"""Holds a request to the list of what its operation hears: nothing that a client asks for is passed over in silence."""

from __future__ import annotations

from collections.abc import Iterator

from local_sagemaker.errors import AwsError
from local_sagemaker.http.messages import Request
from local_sagemaker.protocol.members import Members
from local_sagemaker.s3.messages.addressing import SUB_RESOURCES

ACCOUNT = "123456789012"
"""The account that every bucket belongs to."""

_OF_ANY_REQUEST = frozenset(
    {
        *("x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "x-amz-user-agent", "x-amz-te"),
        *("x-amz-trailer", "x-amz-decoded-content-length"),
        *("x-amz-algorithm", "x-amz-credential", "x-amz-expires", "x-amz-signedheaders", "x-amz-signature"),
        *("awsaccesskeyid", "signature", "expires", "x-id", "list-type"),
    }
)
"""What belongs to signing and sending, in headers and in presigned URLs."""
_API_VERSION = ("x-amz-api-version", "2006-03-01")
"""The only one there is; AWS's SDK for C++ names it, which is that of Apache Arrow."""
_CONDITIONS = frozenset({"if-match", "if-modified-since", "if-none-match", "if-unmodified-since", "range"})
_METADATA = "x-amz-meta-"


def check_members(operation: str, members: Members, request: Request) -> None:
    """Refuse a request that says what its operation would not hear.

    Raises
    ------
    AwsError
        `NotImplemented`, naming the header or parameter; `AccessDenied` where the client expects another owner.
    """
    for unheard in members.unheard(dict(_said(request))):
        message = f"The local SageMaker's S3 does not support {unheard} in {operation}: {members.advice(unheard)}"
        raise AwsError("NotImplemented", message, 501)
    for header in ("x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"):
        if request.headers.get(header, ACCOUNT) != ACCOUNT:
            raise AwsError(
                "AccessDenied", f"Access Denied: the bucket belongs to {ACCOUNT}, which is not {header}", 403
            )


def _said(request: Request) -> Iterator[tuple[str, str]]:
    """Go through what a request asks for, by header or parameter."""
    for name, value in request.headers.items():
        if name.startswith(_METADATA):
            yield _METADATA, value
        elif (name, value) == _API_VERSION:
            continue
        elif (name.startswith("x-amz-") or name in _CONDITIONS) and name not in _OF_ANY_REQUEST:
            yield name, value
    for name, value in request.query.items():
        if name not in SUB_RESOURCES and name.lower() not in _OF_ANY_REQUEST and not _is_hoisted_checksum(name):
            yield name, value


def _is_hoisted_checksum(parameter: str) -> bool:
    """Tell if a parameter is a checksum of nothing that some SDKs write into presigned URLs."""
    return parameter.lower().startswith(("x-amz-checksum-", "x-amz-sdk-checksum-"))
