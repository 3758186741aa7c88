"""Keeps a deployment's containers running: one that died or hangs is started again, with pauses, or given up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from local_sagemaker.containers import ContainerFailed
from local_sagemaker.sagemaker.endpoints.deployment import Deployment
from local_sagemaker.sagemaker.endpoints.records import VariantPlan
from local_sagemaker.sagemaker.running.pipelines import RunningContainer


@dataclass(frozen=True, slots=True)
class BackOff:
    """How often to look, how long to pause before a restart, and when to give up; in seconds."""

    look: float = 0.5
    first: float = 0.5
    longest: float = 30.0
    tries: int = 5
    forget: float = 300.0
    """A container that has run for so long has its earlier failures forgotten."""

    def pause(self, failures: int) -> float:
        """How long to wait before the restart after so many failures in a row."""
        return min(self.longest, self.first * 2.0 ** (failures - 1))


@dataclass(slots=True)
class _Watched:
    variant: VariantPlan
    container: RunningContainer
    failures: int = 0
    running_since: float = field(default_factory=time.monotonic)


class Supervisor:
    """Watches one deployment in a thread of its own.

    Parameters
    ----------
    deployment
        What to watch; it is running.
    give_up
        Called with the reason, once, when a container has died too often.
    back_off
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
        self._halt = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; a restart under way is abandoned."""
        self._halt.set()

    def _watch(self) -> None:
        while not self._halt.wait(self._back_off.look):
            for watched in self._watched:
                reason = watched.container.hung() if watched.container.alive else "its process ended"
                if reason is not None and not self._bring_back(watched, reason):
                    return

    def _bring_back(self, watched: _Watched, reason: str) -> bool:
        """Restart a container; False if the watch is over, because it was given up or stopped."""
        watched.container.interrupt()
        if time.monotonic() - watched.running_since > self._back_off.forget:
            watched.failures = 0
        while True:
            watched.failures += 1
            if watched.failures > self._back_off.tries:
                self._give_up(self._words(watched, reason))
                return False
            pause = self._back_off.pause(watched.failures)
            watched.container.log.write(f"The container ended ({reason}). It is started again in {pause:g} s.")
            if self._halt.wait(pause):
                return False
            try:
                watched.container.start(watched.variant.startup_seconds, self._halt)
            except ContainerFailed as error:
                reason = error.reason
                if self._halt.is_set():
                    return False
                continue
            watched.running_since = time.monotonic()
            return True

    def _words(self, watched: _Watched, reason: str) -> str:
        return (
            f"The container {watched.container.hostname} for production variant {watched.variant.name} ended "
            f"{self._back_off.tries + 1} times and is not started again. "
            f"Please check CloudWatch logs for this endpoint. ({reason})"
        )
