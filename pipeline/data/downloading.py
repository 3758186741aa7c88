"""Downloads that libraries do for us: bounded in time, and failing in one way."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.errors import PipelineError

_CONNECT_SECONDS = 10.0


class DownloadFailed(PipelineError):
    """What was asked for could not be had from the network."""


@contextmanager
def patience() -> Iterator[None]:
    """Bound every connect and every read of the libraries called inside (scikit-learn and NLTK set no time-out of
    their own).
    """
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_CONNECT_SECONDS)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
