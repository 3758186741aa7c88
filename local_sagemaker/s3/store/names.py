"""What S3 takes as the name of a bucket and the key of an object, and the order of keys."""

from __future__ import annotations

import re

from local_sagemaker.errors import AwsError

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_IP_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_LONGEST_KEY = 1024


def check_bucket_name(bucket: str) -> None:
    """Refuse a name that S3 would refuse.

    Raises
    ------
    AwsError
        `InvalidBucketName`.
    """
    if not _BUCKET.fullmatch(bucket) or ".." in bucket or _IP_ADDRESS.fullmatch(bucket):
        raise AwsError("InvalidBucketName", f"The specified bucket is not valid: {bucket}")


def check_key(key: str) -> None:
    """Refuse a key that S3 would refuse.

    Raises
    ------
    AwsError
        `KeyTooLongError` for more than 1,024 bytes of UTF-8.
    """
    if len(key.encode()) > _LONGEST_KEY:
        raise AwsError("KeyTooLongError", f"Your key is too long: {len(key.encode())} bytes, {_LONGEST_KEY} allowed")


def successor(prefix: bytes) -> bytes | None:
    """Return the first byte string after all that start with a prefix of UTF-8; None if there is none."""
    return prefix[:-1] + bytes([prefix[-1] + 1]) if prefix else None
