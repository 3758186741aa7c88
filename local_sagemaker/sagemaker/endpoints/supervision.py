"""Keeps a deployment's containers running: one that died or hangs is started again, with pauses, or given up."""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from local_sagemaker.containers import ContainerFailed
from local_sagemaker.sagemaker.endpoints.deployment import Deployment
from local_sagemaker.sagemaker.endpoints.records import VariantPlan
from local_sagemaker.sagemaker.running.inference_pipeline import PipelineContainer

_SHORT = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.ENOSPC)
"""Errors that say that the machine has run out of something."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BackOff:
    """How often to poll, how long to pause before a restart, and when to give up; in seconds."""

    poll: float = 0.5
    first: float = 0.5
    longest: float = 30.0
    tries: int = 5
    reset_after: float = 300.0
    """A container that has run for so long has its earlier failures forgotten."""

    def pause(self, failures: int) -> float:
        """How long to wait before the restart after so many failures in a row."""
        return min(self.longest, self.first * 2.0 ** (failures - 1))


@dataclass(slots=True)
class _Watched:
    variant: VariantPlan
    container: PipelineContainer
    failures: int = 0
    down: str | None = None
    """Why it has to be started again; it may have a process that is not known to answer."""
    running_since: float = field(default_factory=time.monotonic)


class Supervisor:
    """Watches one deployment in a thread of its own.

    Parameters
    ----------
    deployment : Deployment
        What to watch; it is running.
    give_up : callable
        Called with the reason, once, when a container has died too often.
    back_off : BackOff
        The pauses.
    """

    def __init__(self, deployment: Deployment, give_up: Callable[[str], None], back_off: BackOff) -> None:
        self._watched = [
            _Watched(variant, container)
            for variant in deployment.plan.variants
            for container in deployment.pipelines[variant.name].containers
        ]
        for watched in self._watched:
            watched.container.restarted = True
        self._give_up = give_up
        self._back_off = back_off
        self._over = False
        self._halt = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; a restart under way is abandoned."""
        self._halt.set()

    def _watch(self) -> None:
        trouble = 0
        while not self._halt.wait(self._back_off.pause(trouble) if trouble else self._back_off.poll):
            checks = [self._check(watched) for watched in self._watched]
            if self._over:
                return
            trouble = 0 if all(checks) else trouble + 1

    def _check(self, watched: _Watched) -> bool:
        """Look at a container, and start it again if it is down; False if that could not be done."""
        if self._over:
            return True
        try:
            if watched.down is None:
                watched.down = watched.container.hung() if watched.container.alive else "its process ended"
            if watched.down is not None:
                self._over = not self._bring_back(watched, watched.down)
        except Exception:  # nobody else would start what dies from now on
            _log.exception("the container %s could not be looked at or started", watched.container.hostname)
            return False
        return True

    def _bring_back(self, watched: _Watched, reason: str) -> bool:
        """Restart a container; False if the watch is over, because it was given up or stopped.

        What the machine is short of is raised, and costs the container none of its tries.
        """
        watched.container.interrupt()
        if time.monotonic() - watched.running_since > self._back_off.reset_after:
            watched.failures = 0
        while True:
            if watched.failures == self._back_off.tries:
                self._give_up(self._given_up_message(watched, reason))
                return False
            pause = self._back_off.pause(watched.failures + 1)
            watched.container.log.write(f"The container ended ({reason}). It is started again in {pause:g} s.")
            if self._halt.wait(pause):
                return False
            watched.failures += 1
            try:
                watched.container.start(watched.variant.startup_seconds, self._halt)
            except Exception as error:
                if self._halt.is_set():
                    return False
                if not isinstance(error, ContainerFailed) or _is_shortage(error.__cause__):
                    watched.failures -= 1
                    raise
                reason = error.reason
                continue
            watched.running_since, watched.down = time.monotonic(), None
            return True

    def _given_up_message(self, watched: _Watched, reason: str) -> str:
        return (
            f"The container {watched.container.hostname} for production variant {watched.variant.name} ended "
            f"{self._back_off.tries + 1} times and is not started again. "
            f"Please check CloudWatch logs for this endpoint. ({reason})"
        )


def _is_shortage(cause: BaseException | None) -> bool:
    return isinstance(cause, OSError) and cause.errno in _SHORT
