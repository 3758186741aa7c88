"""Presigned URLs end when they say. Their signatures are not looked at, as nothing here is secret from the user."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime

from local_sagemaker.errors import AwsError


def check_expiry(query: Mapping[str, str]) -> None:
    """Refuse a presigned request (signature version 4 or 2) that came too late.

    Raises
    ------
    AwsError
        `AccessDenied`, 403; `AuthorizationQueryParametersError` where the times cannot be read.
    """
    try:
        end = _end(query)
    except (ValueError, KeyError) as error:
        message = "X-Amz-Date and X-Amz-Expires, or Expires, must be given in their standard form"
        raise AwsError("AuthorizationQueryParametersError", message) from error
    if end is not None and time.time() > end:
        raise AwsError("AccessDenied", "Request has expired", 403)


def _end(query: Mapping[str, str]) -> float | None:
    if "X-Amz-Signature" in query:
        signed = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return signed.timestamp() + int(query["X-Amz-Expires"])
    if "AWSAccessKeyId" in query:
        return float(query["Expires"])
    return None
