"""Waiting for a job: looked at until it is done, in plain lines that a pipe or a log can hold."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pipeline.aws.statuses import UNDER_WAY
from pipeline.console import say
from pipeline.errors import JobFailed

_LOOKS = 20
"""The next look is after a twentieth of what was waited so far, a second added: short jobs are seen to end sooner."""

D = TypeVar("D", bound=Mapping[str, Any])


@dataclass(frozen=True, slots=True)
class Following:
    """How a job is followed."""

    poll_seconds: float
    """The most between two looks at the job; at first they are fewer."""
    on_poll: Callable[[], object] = lambda: None
    """Called after each look, to show how far on it is."""


def wait(label: str, status: str, describe: Callable[[], D], stop: Callable[[], object], following: Following) -> D:
    """Look at a job until it is completed, printing each change of its status. Ctrl-C stops it, as it would cost money.

    Parameters
    ----------
    label : str
        What to call it in the lines printed.
    status : str
        The member of a description that says how far on it is.
    describe : callable
        Describes the job.
    stop : callable
        Asks it to stop.
    following : Following
        How often it is looked at.

    Returns
    -------
    mapping
        The last description.

    Raises
    ------
    JobFailed
        If it came to another end; with its `FailureReason`.
    """
    try:
        return _followed(label, status, describe, following)
    except KeyboardInterrupt:
        stop()
        say(f"{label}: asked to stop")
        raise


def _followed(label: str, status: str, describe: Callable[[], D], following: Following) -> D:
    began, last = time.monotonic(), ""
    while True:
        found = describe()
        now = str(found[status])
        if now != last:
            say(f"{label}: {now} ({time.monotonic() - began:.0f} s)")
            last = now
        if now == "Completed":
            return found
        if now not in UNDER_WAY:
            raise JobFailed(f"{label}: {now}. {found.get('FailureReason') or _NO_REASON}")
        following.on_poll()
        time.sleep(min(following.poll_seconds, (1 + time.monotonic() - began) / _LOOKS))


_NO_REASON = "No reason was given; `make logs` shows the container's output."
