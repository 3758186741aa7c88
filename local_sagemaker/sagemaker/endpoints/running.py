"""One endpoint's running side: what serves, who watches it, and the threads that change it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from local_sagemaker.sagemaker.endpoints.deployment import Deployment
from local_sagemaker.sagemaker.endpoints.shifting import Shift
from local_sagemaker.sagemaker.endpoints.supervision import Supervisor
from local_sagemaker.sagemaker.running.handover import Handover
from local_sagemaker.sagemaker.running.stopping import StopReason, StopRequest


class RunningEndpoint:
    """One endpoint's running side. `serving` is what requests go to; they read it without the lock.

    Parameters
    ----------
    name : str
        The endpoint's.
    recovering : bool
        Whether it is brought back after the server was away; then its requests wait.
    """

    def __init__(self, name: str, recovering: bool) -> None:
        self.name = name
        self.turn = threading.Lock()
        """Held while what serves and the record of it change together. Never asked for within a transaction."""
        self.serving: Deployment | None = None
        self.shift: Shift | None = None
        """The way of the traffic to a successor, while an update is under way."""
        self.supervisor: Supervisor | None = None
        self.stop = StopRequest()
        self.recovering = recovering
        self.start_ended = threading.Event()
        """Set once the endpoint serves, or will not."""
        self._workers: list[threading.Thread] = []
        self._last: Deployment | None = None

    def chosen(self) -> Deployment | None:
        """Choose what a request goes to: while its traffic shifts, one of the two by their shares."""
        serving, shift = self.serving, self.shift
        if shift is None:
            return serving
        return shift.successor if serving is None or shift.takes() else serving

    def work(self, task: Callable[[], None], handover: Handover, undone: Callable[[], None] | None = None) -> None:
        """Do a task in a thread of this endpoint, for what is being written to its record."""
        worker = handover.thread(f"endpoint {self.name}", task, undone)
        self._workers = [*(one for one in self._workers if one.is_alive()), worker]

    def close(self, reason: StopReason) -> None:
        """End everything: a start under way, the watch, the containers. If it does not succeed it can be done again."""
        self.stop.give(reason)
        for worker in self._workers:
            worker.join()
        with self.turn:
            if self.supervisor is not None:
                self.supervisor.stop()
            self._last, self.serving = self.serving or self._last, None
        if self._last is not None:
            self._last.stop()
        self.start_ended.set()
