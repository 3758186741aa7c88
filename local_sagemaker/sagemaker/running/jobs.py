"""The threads of running jobs. A job starts at once; it can be asked to stop; at the server's end all are."""

from __future__ import annotations

import threading
from collections.abc import Callable

from local_sagemaker.sagemaker.resources import refusals
from local_sagemaker.sagemaker.running.handover import Handover
from local_sagemaker.sagemaker.running.stopping import StopReason, StopRequest


class Jobs:
    """Running jobs of one kind, by name."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[StopRequest, threading.Thread]] = {}
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._closed = False

    def start(self, name: str, run: Callable[[StopRequest], None], handover: Handover) -> None:
        """Run a job, whose record is being written, in a thread of its own. From now on it can be stopped.

        Raises
        ------
        AwsError
            `ServiceUnavailable` if the server is stopping.
        """
        stop = StopRequest()
        with self._lock:
            if self._closed:
                raise refusals.stopping()
            thread = handover.thread(
                f"job {name}", lambda: self._run(name, run, stop), lambda: self._forget(name, stop)
            )
            self._running[name] = (stop, thread)

    def stop(self, name: str, handover: Handover) -> None:
        """Ask a job to stop, whose record is being written; nothing happens if it has just ended."""
        with self._lock:
            running = self._running.get(name)
        if running is not None:
            handover.thread(f"stop {name}", lambda: running[0].give(StopReason.BY_USER))

    def is_running(self, name: str) -> bool:
        """Whether a job has not come to its end, which its record shows before."""
        with self._lock:
            return name in self._running

    def wait_until(self, enough: Callable[[], bool]) -> None:
        """Wait until something is so, which is looked at when a job has ended and when `wake` is called."""
        with self._changed:
            self._changed.wait_for(enough)

    def wake(self) -> None:
        """Have those who wait look again."""
        with self._changed:
            self._changed.notify_all()

    def shut_down(self) -> None:
        """Stop all jobs, wait for their threads, and take no more."""
        with self._lock:
            self._closed = True
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
            self._forget(name, stop)

    def _forget(self, name: str, stop: StopRequest) -> None:
        with self._lock:
            if name in self._running and self._running[name][0] is stop:
                del self._running[name]
                self._changed.notify_all()
