"""Which bytes of an object a request wants, and under which conditions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.http import parse_date, parse_etags

from local_sagemaker.errors import AwsError
from local_sagemaker.s3.store.objects import ObjectInfo, Precondition

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
"""Not left to Werkzeug, for which a suffix longer than the object (`bytes=-100` of ten) is in no part of it."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes from `first` to `last`, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """The number of bytes."""
        return self.last - self.first + 1


def byte_range(header: str | None, size: int) -> ByteRange | None:
    """Read a `Range` header; None stands for the whole object, as it does for a header that S3 does not understand.

    Raises
    ------
    AwsError
        `InvalidRange`, 416, if no byte of the object is in the range.
    """
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":
        wanted = ByteRange(max(0, size - int(match[2])), size - 1)
    else:
        wanted = ByteRange(int(match[1]), min(int(match[2] or size), size - 1))
        if match[2] and int(match[2]) < wanted.first:
            return None
    if wanted.length <= 0:
        facts = {"RangeRequested": header, "ActualObjectSize": size}
        raise AwsError("InvalidRange", "The requested range is not satisfiable", 416, facts)
    return wanted


def is_unmodified_for(headers: Mapping[str, str], info: ObjectInfo) -> bool:
    """Tell whether the client's copy is good (304): `If-None-Match`, or without it `If-Modified-Since`.

    Raises
    ------
    AwsError
        `PreconditionFailed`, 412, by `If-Match`, or without it `If-Unmodified-Since`.
    """
    _check_preconditions(headers, info, "")
    return _is_known(headers, info, "")


def check_copy_source(headers: Mapping[str, str], info: ObjectInfo) -> None:
    """Apply the `x-amz-copy-source-if-…` headers.

    Raises
    ------
    AwsError
        `PreconditionFailed`, 412.
    """
    _check_preconditions(headers, info, "x-amz-copy-source-")
    if _is_known(headers, info, "x-amz-copy-source-"):
        raise _failed("x-amz-copy-source-If-None-Match")


def of_writing(headers: Mapping[str, str]) -> Precondition | None:
    """Read the conditions under which an object may be written.

    Raises
    ------
    AwsError
        `NotImplemented` for an `If-None-Match` other than `*`, as in S3.
    """
    none_match, match = headers.get("if-none-match"), headers.get("if-match")
    if none_match is not None and none_match != "*":
        raise AwsError("NotImplemented", "If-None-Match takes only * when an object is written", 501)
    if none_match is None and match is None:
        return None
    return Precondition(etag=match.strip('"') if match else None, absent=none_match is not None)


def _check_preconditions(headers: Mapping[str, str], info: ObjectInfo, prefix: str) -> None:
    if_match, since = headers.get(f"{prefix}if-match"), headers.get(f"{prefix}if-unmodified-since")
    if if_match is not None:
        if not parse_etags(if_match).contains(info.etag):
            raise _failed(f"{prefix}If-Match")
    elif (moment := parse_date(since)) is not None and info.last_modified > moment:
        raise _failed(f"{prefix}If-Unmodified-Since")


def _is_known(headers: Mapping[str, str], info: ObjectInfo, prefix: str) -> bool:
    none_match, since = headers.get(f"{prefix}if-none-match"), headers.get(f"{prefix}if-modified-since")
    if none_match is not None:
        return parse_etags(none_match).contains(info.etag)
    moment = parse_date(since)
    return moment is not None and info.last_modified <= moment


def _failed(condition: str) -> AwsError:
    message = "At least one of the pre-conditions you specified did not hold"
    return AwsError("PreconditionFailed", message, 412, {"Condition": condition})
