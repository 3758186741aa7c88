"""What a request is answered with, before any web framework has a say."""

from __future__ import annotations

from typing import NamedTuple


class HttpResponse(NamedTuple):
    """A body, its bare media type, and the status."""

    body: bytes
    media_type: str
    status: int = 200
