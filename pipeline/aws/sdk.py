"""The SageMaker SDK v3, for the commands that create something. It is imported when the first of its classes is needed:
that takes seconds, which a command with nothing to do need not wait for, and others can fill.

The SDK's own waiting draws panels that no pipe or log can hold, so `wait` polls in our plain lines.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pipeline.aws.statuses import UNDER_WAY
from pipeline.console import say
from pipeline.errors import JobFailed

if TYPE_CHECKING:
    from pipeline.aws.sdk_classes import *  # noqa: F403
else:

    def __getattr__(name: str) -> Any:
        """Return a class of the SDK, or its module `image_uris`."""
        if name.startswith("_"):  # whoever looks at all that a module has (pytest does) does not want the SDK
            raise AttributeError(name)
        return getattr(import_module("pipeline.aws.sdk_classes"), name)


_LOOKS = 20
"""The next look is after a twentieth of what was waited so far, a second added: short jobs are seen to end sooner."""


def begin_import() -> None:
    """Import it in a thread; whoever needs it meanwhile waits for that, as Python's imports do."""
    threading.Thread(target=import_module, args=("pipeline.aws.sdk_classes",), daemon=True).start()


def wait(
    resource: Any,
    label: str,
    status: Callable[[], str],
    done: set[str],
    poll_seconds: float,
    on_poll: Callable[[], object] = lambda: None,
) -> None:
    """Poll a job until it is done, printing each change of its status. Ctrl-C stops a job, which would
    cost money.

    Parameters
    ----------
    resource : object
        TrainingJob, TransformJob or ProcessingJob; refreshed when it has come to its end.
    label : str
        What to call it in the lines printed.
    status : callable
        Asks for the status, by boto3: to refresh the resource takes twice as long, and there are many looks.
    done : set of str
        The statuses that mean success; every other that none of its own follows ends the wait, too.
    poll_seconds : float
        The most seconds between two looks at the resource; at first they are fewer.
    on_poll : callable, optional
        Called after each look, to show how far on it is.

    Raises
    ------
    JobFailed
        With the resource's `FailureReason`.
    """
    try:
        _poll(resource, label, status, done, poll_seconds, on_poll)
    except KeyboardInterrupt:
        if hasattr(resource, "stop"):
            resource.stop()
            say(f"{label}: asked to stop")
        raise


def _poll(
    resource: Any,
    label: str,
    status: Callable[[], str],
    done: set[str],
    poll_seconds: float,
    on_poll: Callable[[], object],
) -> None:
    began, last = time.monotonic(), ""
    while True:
        now = status()
        if now != last:
            say(f"{label}: {now} ({time.monotonic() - began:.0f} s)")
            last = now
        if now not in UNDER_WAY:
            resource.refresh()
            if now in done:
                return
            raise JobFailed(f"{label}: {now}. {_reason(resource)}")
        on_poll()
        time.sleep(min(poll_seconds, (1 + time.monotonic() - began) / _LOOKS))


def _reason(resource: Any) -> str:
    reason = getattr(resource, "failure_reason", None)
    return reason if isinstance(reason, str) else "No reason was given; `make logs` shows the container's output."
