"""How much is done at once: what invokes a model holds a thread and files until the model has answered, and the model's
code may itself ask this server for something meanwhile.
"""

from __future__ import annotations

import contextlib
import resource

_FILES = 8192
"""File descriptors that are enough; many systems give 1024 until one asks."""

_OTHER_FILES = 256
_FILES_OF_INVOCATION = 4
"""The client's connection, the container's, and those of a request that the container sends meanwhile."""

_MOST = 1000
"""Invocations; their threads cost memory."""


def take_files() -> None:
    """Ask the system for as many file descriptors as are of use, and as it gives."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):  # then it is as it was
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def invocations_at_once() -> int:
    """Say how many invocations can be under way, with files left for what the models' code asks of this server."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return _MOST
    return max(1, min(_MOST, (files - _OTHER_FILES) // _FILES_OF_INVOCATION))
