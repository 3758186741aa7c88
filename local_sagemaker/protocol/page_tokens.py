"""The tokens between two pages of a list: a place in its order, bound to the list and the order."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Sequence
from typing import Any

_LARGEST = 2**63


class ForeignToken(Exception):
    """A token that this list, in this order, has not given."""


def written(place: Sequence[str | int | float], of: Sequence[str]) -> str:
    """Write a place as a token.

    Parameters
    ----------
    place : sequence of str or int or float
        Where the next page starts.
    of : sequence of str
        What is listed, and in which order.

    Examples
    --------
    >>> token = written(["models/b", 7], of=["models", "by name"])
    >>> place(token, ["", 0], of=["models", "by name"])
    ['models/b', 7]
    """
    return base64.urlsafe_b64encode(json.dumps([list(of), list(place)]).encode()).decode()


def place(token: str, like: Sequence[str | int | float], of: Sequence[str]) -> list[Any]:
    """Read a place from a token.

    Parameters
    ----------
    token : str
        What a client sends.
    like : sequence of str or int or float
        A place, for its length and types.
    of : sequence of str
        What is listed now, and in which order.

    Raises
    ------
    ForeignToken
        If it is not a token of ours, or one of another list or order.
    """
    try:
        found = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as error:
        raise ForeignToken(token) from error
    if not isinstance(found, list) or len(found) != 2 or found[0] != list(of) or not _is_like(found[1], like):
        raise ForeignToken(token)
    where: list[Any] = found[1]
    return where


def _is_like(place: Any, like: Sequence[str | int | float]) -> bool:
    if not isinstance(place, list) or len(place) != len(like):
        return False
    return all(type(part) is type(model) and _can_be_stored(part) for part, model in zip(place, like, strict=True))


def _can_be_stored(part: str | int | float) -> bool:
    """Tell if the database can compare with a value: nobody but us writes tokens, or so one would think."""
    if isinstance(part, str):
        return part.isascii() or not any("\ud800" <= character <= "\udfff" for character in part)
    return math.isfinite(part) if isinstance(part, float) else -_LARGEST <= part < _LARGEST
