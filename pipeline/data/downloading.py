"""Downloads that libraries do for us: bounded in time, and failing in one way."""

from __future__ import annotations

import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.errors import PipelineError

SECONDS = 10.0
"""How long to wait for a connection, and for each answer."""


class DownloadFailed(PipelineError):
    """What was asked for could not be had from the network."""


@contextmanager
def network_timeout() -> Iterator[None]:
    """Bound every connect and every read of the libraries called inside (scikit-learn and NLTK set no time-out of
    their own).
    """
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(SECONDS)
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # scikit-learn's of each retry: we say it
            yield
    finally:
        socket.setdefaulttimeout(before)
