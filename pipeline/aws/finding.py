"""Looking for a resource that may not be there, by boto3: the SDK takes seconds, and looking needs none of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import botocore.exceptions

T = TypeVar("T")

_NOT_THERE = ("ValidationException", "ResourceNotFound", "ResourceNotFoundException")


def find(describe: Callable[[], T]) -> T | None:
    """Describe a resource, or return None where there is no such."""
    try:
        return describe()
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in _NOT_THERE:
            return None
        raise
