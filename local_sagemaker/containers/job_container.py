"""What a training and a processing container have in common: one process group after another, which `stop` ends."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from local_sagemaker.containers.images.runtime import Runtime, runtime_for

if TYPE_CHECKING:
    from local_sagemaker.containers.definition import LogSink
    from local_sagemaker.containers.process_group import ProcessGroup

GRACE_SECONDS = 5.0
"""Between SIGTERM and SIGKILL; AWS gives 120."""


class JobContainer:
    """A container that runs to its end, or until it is stopped.

    Parameters
    ----------
    image : str
        The image's URI.
    log : LogSink
        Takes each line of output.
    """

    def __init__(self, image: str, log: LogSink) -> None:
        self._image = image
        self._log: LogSink = log
        self._lock = threading.Lock()
        self._running: ProcessGroup | None = None
        self._stopping = False

    def stop(self) -> None:
        """End the run: SIGTERM to the whole group, SIGKILL after a grace period; the group is gone on return."""
        with self._lock:
            self._stopping = True
            running = self._running
        if running is not None:
            running.terminate()

    def _watch(self, group: ProcessGroup) -> None:
        """Make `stop` end this group; at once if it was called already."""
        with self._lock:
            self._running = group
            stopping = self._stopping
        if stopping:
            group.terminate()

    def _found_runtime(self) -> Runtime:
        return runtime_for(self._image, self._log, self._watch, lambda: self._stopping)
