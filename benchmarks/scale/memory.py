"""The memory that a command, the local SageMaker's server and its containers take, each on its own."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress

import psutil

_EVERY_SECONDS = 0.1
COMMAND = "command"


class MemoryWatch:
    """Looks now and then, on a thread of its own, and remembers the most that was seen of each part of the work.

    The parts are `command`, `server`, and by what a container does `preprocessor` and `classifier` (their training
    jobs), `processing` and `serving`.

    Parameters
    ----------
    command : int
        Process id.
    server : int, optional
        Process id of the server; it must not be the command's child.
    """

    def __init__(self, command: int, server: int | None = None) -> None:
        self._command, self._server = command, server
        self._peaks: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._step = "start"
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look_until_done, daemon=True)
        self._thread.start()

    def begin(self, step: str) -> None:
        """Count what is seen from now on to a step."""
        self._step = step

    def end(self) -> dict[str, dict[str, int]]:
        """Stop looking; return the most bytes by step and part.

        Memory that processes share is divided among them (the proportional set size), so that a part's processes can
        be added up.
        """
        self._done.set()
        self._thread.join()
        return {step: dict(parts) for step, parts in self._peaks.items()}

    def _look_until_done(self) -> None:
        while not self._done.wait(_EVERY_SECONDS):
            found: dict[str, int] = defaultdict(int)
            for part, process in self._processes():
                with suppress(psutil.Error):
                    found[part] += process.memory_full_info().pss
            peaks = self._peaks[self._step]
            for part, size in found.items():
                peaks[part] = max(peaks[part], size)

    def _processes(self) -> Iterator[tuple[str, psutil.Process]]:
        with suppress(psutil.Error):
            command = psutil.Process(self._command)
            yield from ((COMMAND, process) for process in (command, *command.children(recursive=True)))
        if self._server is None:
            return
        with suppress(psutil.Error):
            server = psutil.Process(self._server)
            yield "server", server
            yield from ((_part(container), container) for container in server.children(recursive=True))


def _part(container: psutil.Process) -> str:
    with suppress(psutil.Error):
        environment = container.environ()
        if job := environment.get("TRAINING_JOB_NAME"):
            return "classifier" if "-classifier-" in job else "preprocessor"
        if "PROCESSING_JOB_NAME" in environment or "PROCESSING_JOB_ARN" in environment:
            return "processing"
    return "serving"
