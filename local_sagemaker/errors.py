"""What can go wrong in the local SageMaker, as its clients and its users see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class AwsError(Exception):
    """What a client sees as a service error.

    Parameters
    ----------
    code : str
        The AWS error code, such as `ValidationException`.
    message : str
        One line for people.
    status : int
        The HTTP status.
    fields : mapping, optional
        Further members of the error's body, such as `OriginalStatusCode` of a `ModelError`.
    """

    def __init__(self, code: str, message: str, status: int = 400, fields: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = dict(fields or {})


class LocalServerError(Exception):
    """The local server cannot be started, found or stopped; the message says why and what to do."""
