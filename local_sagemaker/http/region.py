"""The AWS region that a request was signed for. The server has no region of its own: a client of any finds what every
client made, with ARNs of its own region in the answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

DEFAULT_REGION = "us-east-1"
"""Of what is not signed, and of what the server does by itself."""

_region = ContextVar("region", default=DEFAULT_REGION)


def current_region() -> str:
    """Return the region of the request that is being answered, or that started what is being done."""
    return _region.get()


@contextmanager
def request_of(region: str) -> Iterator[None]:
    """Answer a request of a region within the block."""
    token = _region.set(region)
    try:
        yield
    finally:
        _region.reset(token)
