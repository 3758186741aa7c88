"""Inference pipelines: the containers of a model on one instance, started together and asked one after the other."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from local_sagemaker.containers import ContainerFailed, ContainerResponse, ServingContainer, ServingDefinition
from local_sagemaker.sagemaker.running.log_streams import LogStream
from local_sagemaker.sagemaker.running.stopping import StopRequest

MakeServing = Callable[[ServingDefinition, Path, Callable[[str], None]], ServingContainer]
"""Makes a container from its definition, base directory and the sink of its output."""

_NOT_TAKEN = (ConnectionError, FileNotFoundError)
"""Why a container failed, when it did not take the request: nobody listens, or the connection broke before."""

_ENDING_SECONDS = 0.02
"""Seconds until a container that ends is known to have ended."""


class InvocationFailed(Exception):
    """A container of a pipeline died or did not answer in time."""

    def __init__(self, hostname: str, reason: str, timed_out: bool) -> None:
        super().__init__(f"{hostname}: {reason}")
        self.hostname = hostname
        self.reason = reason
        self.timed_out = timed_out


class NotHealthy(Exception):
    """A container of a pipeline did not come up."""

    def __init__(self, hostname: str, reason: str) -> None:
        super().__init__(f"{hostname}: {reason}")
        self.hostname = hostname
        self.reason = reason


@dataclass(frozen=True, slots=True)
class PipelineResponse:
    """What a pipeline answered, and whose answer it is: the last container's, or the first one's that is not 2xx."""

    hostname: str
    response: ContainerResponse
    took: Sequence[tuple[str, float]] = ()
    """The containers that were asked, and the seconds that each took."""

    @property
    def good(self) -> bool:
        """Whether every container answered 2xx."""
        return 200 <= self.response.status < 300


class PipelineContainer:
    """One place in a pipeline. A restart puts a new process into it, in a new base directory.

    Parameters
    ----------
    hostname : str
        The container's name within its pipeline.
    fetch : callable
        Brings the container's files to this machine and says what to serve.
    make : MakeServing
        Makes the container.
    directory : Path
        Where the container may write.
    log : LogStream
        Takes its output.
    """

    def __init__(
        self,
        hostname: str,
        fetch: Callable[[], ServingDefinition],
        make: MakeServing,
        directory: Path,
        log: LogStream,
    ) -> None:
        self.hostname = hostname
        self.log = log
        self._fetch = fetch
        self._make = make
        self._directory = directory
        self._definition: ServingDefinition | None = None
        self._container: ServingContainer | None = None
        self._starts = 0
        self._closed = False
        self._lifecycle = threading.Lock()
        self._answering: ServingContainer | None = None
        self._changed = threading.Condition()
        self.restarted = False
        """Whether somebody starts it anew when it has ended. Then requests wait for that instead of failing."""

    def start(self, timeout: float, halt: threading.Event) -> None:
        """Start the container, or start it anew, and wait until it answers its health check.

        Raises
        ------
        ContainerFailed
            If it does not come up within `timeout` seconds, `halt` is set, or it has been stopped for good.
        ModelDataMissing
            If an object that it needs is not in S3.
        """
        with self._lifecycle:
            self._end()
            if self._closed:
                raise ContainerFailed("the container was stopped")
            if self._definition is None:
                self._definition = self._fetch()
            self._starts += 1
            self._container = container = self._make(self._definition, self._base_directory, self.log.write)
            if self._closed or halt.is_set():  # who stopped it just before this line has not seen the container
                raise ContainerFailed("stopped while the container started")
            container.start()
            container.wait_until_healthy(timeout, halt)
            self._answers(container)

    def fetch(self) -> None:
        """Bring the container's files to this machine, before it is started.

        Raises
        ------
        ModelDataMissing
            If an object that it needs is not in S3.
        """
        self._definition = self._fetch()

    def interrupt(self) -> None:
        """End what runs now, a start under way included; it can be started anew."""
        container = self._container
        if container is not None:
            container.stop()

    def stop(self) -> None:
        """End the container for good."""
        self._closed = True
        self._answers(None)
        self.interrupt()
        with self._lifecycle:
            self._end()
        self.log.close()

    @property
    def alive(self) -> bool:
        """Whether the container's process runs."""
        container = self._container
        return container is not None and container.is_alive()

    def hung(self) -> str | None:
        """Say so when the container's process runs, but has not answered its health check for long."""
        container = self._container
        return None if container is None else container.hung()

    def invoke(
        self,
        body: bytes,
        content_type: str | None,
        accept: str | None,
        timeout: float,
        custom_attributes: str | None = None,
    ) -> ContainerResponse:
        """Ask the container; while it is being started anew, wait for that first.

        A request that the container did not take, because it was just ending, waits too. One that it took is not sent
        again: it may be what ended it.

        Raises
        ------
        ContainerFailed
            If there is no answer within `timeout` seconds in all.
        """
        deadline = time.monotonic() + timeout
        while True:
            container = self._when_it_answers(deadline) if self.restarted else self._container
            if container is None:
                raise ContainerFailed("the container is not running")
            try:
                left = deadline - time.monotonic()
                return container.invoke(body, content_type, accept, left, custom_attributes)
            except ContainerFailed as error:
                if not self.restarted or self._closed or not isinstance(error.__cause__, _NOT_TAKEN):
                    raise
            with self._changed:
                self._changed.wait(_ENDING_SECONDS)

    def execution_parameters(self) -> Mapping[str, Any]:
        """Ask for the container's preferred settings of a batch transform; empty if it has none.

        Raises
        ------
        ContainerFailed
            If there is no answer, or it is no JSON object.
        """
        container = self._container
        return (container.execution_parameters() if container else None) or {}

    def _when_it_answers(self, deadline: float) -> ServingContainer | None:
        if self._ready():
            return self._answering
        with self._changed:
            if not self._changed.wait_for(lambda: self._closed or self._ready(), deadline - time.monotonic()):
                raise ContainerFailed("the container ended and did not come back in time") from TimeoutError()
            return self._answering

    def _ready(self) -> bool:
        container = self._answering
        return container is not None and container.is_alive()

    def _answers(self, container: ServingContainer | None) -> None:
        with self._changed:
            self._answering = container
            self._changed.notify_all()

    def _end(self) -> None:
        if self._container is not None:
            self._container.stop()
            self._container = None  # not sooner: what could not be stopped is tried again
            shutil.rmtree(self._base_directory, ignore_errors=True)

    @property
    def _base_directory(self) -> Path:
        return self._directory / f"start-{self._starts}"


class InferencePipeline:
    """The containers of one model, in order."""

    def __init__(self, containers: Sequence[PipelineContainer]) -> None:
        self.containers = tuple(containers)

    def start(self, timeout: float, stop: StopRequest) -> None:
        """Start all containers at once; when one fails, all are stopped.

        Raises
        ------
        NotHealthy
            If a container does not come up within `timeout` seconds.
        ModelDataMissing
            If an object that a container needs is not in S3.
        Stopped
            If the start is to stop.
        """
        halt = threading.Event()
        with stop.on_stop(lambda: self._halt(halt)), ThreadPoolExecutor(len(self.containers)) as pool:
            try:
                starts = [pool.submit(_start, container, timeout, halt) for container in self.containers]
            except RuntimeError:  # no thread is to be had; those that are would be waited for
                self._halt(halt)
                raise
            done, _ = wait(starts, return_when=FIRST_EXCEPTION)
            failures = [error for start in starts if start in done and (error := start.exception())]
            if failures:
                self._halt(halt)
        if halt.is_set():
            self.stop()
            stop.check()
            raise failures[0]

    def invoke(
        self,
        body: bytes,
        content_type: str | None,
        accept: str | None,
        timeout: float,
        custom_attributes: str | None = None,
    ) -> PipelineResponse:
        """Send a request through all containers.

        The caller's Content-Type goes to the first container and its Accept to the last. A container before the last
        gets no Accept, so its own default applies, and the Content-Type of its answer is the next one's. Each gets the
        caller's custom attributes.

        Raises
        ------
        InvocationFailed
            If a container dies or does not answer within `timeout` seconds.
        """
        last = self.containers[-1]
        took: list[tuple[str, float]] = []
        for container in self.containers:
            begun = time.perf_counter()
            try:
                wanted = accept if container is last else None
                response = container.invoke(body, content_type, wanted, timeout, custom_attributes)
            except ContainerFailed as error:
                timed_out = isinstance(error.__cause__, TimeoutError)
                raise InvocationFailed(container.hostname, error.reason, timed_out) from error
            took.append((container.hostname, time.perf_counter() - begun))
            answer = PipelineResponse(container.hostname, response, took)
            if not answer.good:
                break
            body, content_type = response.body, response.content_type
        return answer

    def stop(self) -> None:
        """Stop all containers, at once where there are threads for it."""
        with ExitStack() as stops:  # all of them, whatever becomes of one
            for container in self.containers:
                stops.callback(_stopping(container))

    def _halt(self, halt: threading.Event) -> None:
        halt.set()
        for container in self.containers:
            container.interrupt()


def _stopping(container: PipelineContainer) -> Callable[[], object]:
    """Begin to stop a container; what is returned waits for its end."""
    future: Future[None] = Future()
    work = partial(_settle, future, container.stop)
    try:
        threading.Thread(target=work, name="stop container", daemon=True).start()
    except RuntimeError:  # no thread is to be had: it is stopped when it is waited for
        return container.stop
    return future.result


def _settle(future: Future[None], work: Callable[[], None]) -> None:
    try:
        work()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(None)


def _start(container: PipelineContainer, timeout: float, halt: threading.Event) -> None:
    try:
        container.start(timeout, halt)
    except ContainerFailed as error:
        raise NotHealthy(container.hostname, error.reason) from error
