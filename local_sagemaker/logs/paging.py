"""The tokens between two pages: a place in the order of what is listed."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from local_sagemaker.errors import AwsError


def token_of(place: Sequence[Any]) -> str:
    """Write a place as a token."""
    return base64.urlsafe_b64encode(json.dumps(list(place)).encode()).decode()


def position_of(token: str | None, first: Sequence[Any]) -> Sequence[Any]:
    """Read a place from a token; `first` is the place without one, and says which types a place has.

    Raises
    ------
    AwsError
        `InvalidParameterException`.
    """
    if token is None:
        return first
    invalid = AwsError("InvalidParameterException", "The specified nextToken is invalid.")
    try:
        place = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error) as error:
        raise invalid from error
    if not isinstance(place, list) or [type(part) for part in place] != [type(part) for part in first]:
        raise invalid
    return place
