"""The threads of running jobs. A job starts at once; it can be asked to stop; at the server's end all are."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from local_sagemaker.sagemaker.running.stopping import StopReason, StopRequest

_log = logging.getLogger(__name__)


class Jobs:
    """Running jobs of one kind, by name."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[StopRequest, threading.Thread]] = {}
        self._lock = threading.Lock()

    def start(self, name: str, run: Callable[[StopRequest], None]) -> None:
        """Run a job in a thread of its own."""
        stop = StopRequest()
        thread = threading.Thread(target=self._run, args=(name, run, stop), name=f"job {name}", daemon=True)
        with self._lock:
            self._running[name] = (stop, thread)
        thread.start()

    def stop(self, name: str) -> None:
        """Ask a job to stop; nothing happens if it has just ended."""
        with self._lock:
            running = self._running.get(name)
        if running is not None:
            threading.Thread(target=running[0].give, args=(StopReason.BY_USER,), daemon=True).start()

    def shut_down(self) -> None:
        """Stop all jobs and wait for their threads."""
        with self._lock:
            running = list(self._running.values())
        givers = [threading.Thread(target=stop.give, args=(StopReason.SHUT_DOWN,)) for stop, _ in running]
        for giver in givers:
            giver.start()
        for thread in [*givers, *(thread for _, thread in running)]:
            thread.join()

    def _run(self, name: str, run: Callable[[StopRequest], None], stop: StopRequest) -> None:
        try:
            run(stop)
        finally:
            with self._lock:
                del self._running[name]
