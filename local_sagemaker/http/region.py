"""The AWS region that a request was signed for. The server has no region of its own: a client of any finds what every
client made, with ARNs of its own region in the answers.
"""

from __future__ import annotations

from contextvars import ContextVar

DEFAULT_REGION = "us-east-1"
"""Of what is not signed, and of what the server does by itself."""

_region = ContextVar("region", default=DEFAULT_REGION)


def current_region() -> str:
    """Return the region of the request that is being answered, or that started what is being done."""
    return _region.get()


class RequestOf:
    """A block in which a request of a region is answered; every request has one, so it is no generator."""

    __slots__ = ("_region", "_token")

    def __init__(self, region: str) -> None:
        self._region = region

    def __enter__(self) -> None:
        self._token = _region.set(self._region)

    def __exit__(self, *_: object) -> None:
        _region.reset(self._token)
