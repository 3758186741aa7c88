"""One running model server."""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_sagemaker.containers import namespaces
from local_sagemaker.containers.base_directory import BaseDirectory
from local_sagemaker.containers.definition import ContainerResponse
from local_sagemaker.containers.environment import container_environment
from local_sagemaker.containers.errors import ContainerFailed
from local_sagemaker.containers.images.runtime import Runtime, runtime_for
from local_sagemaker.containers.process_group import ProcessGroup
from local_sagemaker.containers.serving.connections import Connection, ConnectionPool, NoHttpResponse
from local_sagemaker.containers.serving.health_check import HealthCheck
from local_sagemaker.containers.serving.server_command import PORT_VARIABLE, port_for, server_command
from local_sagemaker.containers.source import requirements, source_code
from local_sagemaker.containers.source.archive import extract
from local_sagemaker.containers.stand_ins import STAND_INS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_sagemaker.containers.definition import LogSink, ServingDefinition
    from local_sagemaker.containers.serving.connections import HttpResponse

SOCKET_PATH_LIMIT = 100
"""Bytes that the path of a unix socket may have everywhere (macOS: 104 with the final zero)."""

CUSTOM_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
"""The header that goes from the caller to a container, and back, as it is."""

PING_POLL_SECONDS = 0.1
"""Between two checks of whether to go on waiting for /ping."""

TIMEOUT_VARIABLE = "SAGEMAKER_MODEL_SERVER_TIMEOUT"

TIMEOUTS_UNTIL_HUNG = 1.5
"""A server is hung when it has not answered /ping for so many times its own time-out: by then it should have replaced
the worker that a long request blocks."""

EXIT_SECONDS = 5.0
"""That a server which has closed its socket may take to end."""


class ServingContainer:
    """One running model server: a process group with its own base directory.

    `start` and `wait_until_healthy` belong to one thread at a time; the other methods to any, `stop` at any moment.

    Parameters
    ----------
    definition : ServingDefinition
        What to serve.
    base_directory : Path
        The container's `/opt/ml`.
    requirements_cache : Path
        Where installed `requirements.txt` files are kept.
    log : LogSink
        Takes each line of output.
    """

    def __init__(
        self, definition: ServingDefinition, base_directory: Path, requirements_cache: Path, log: LogSink
    ) -> None:
        self._definition = definition
        self._base = BaseDirectory.of_container(base_directory)
        self._namespace = self._base.namespace(network=not definition.network_isolation)
        self._cache = requirements_cache
        self._log = log
        self._lock = threading.Lock()
        self._stopped = False
        self._group: ProcessGroup | None = None
        self._connections: ConnectionPool | None = None
        self._health_check: HealthCheck | None = None
        self._longest_unanswered = 0.0
        self._socket_directory: Path | None = None
        self._address = Path()

    def start(self) -> None:
        """Unpack model and code, install the requirements and spawn the server.

        Raises
        ------
        ContainerFailed
            If one of these is not possible, or `stop` was called meanwhile.
        """
        with self._lock:
            if self._group is not None:  # it is started anew; a stop that came before the first start holds
                self._stopped = False
        runtime = runtime_for(self._definition.image, self._log, self._adopt, lambda: self._stopped)
        try:
            environment = self._prepare(runtime)
            self._spawn(environment, runtime)
        except OSError as error:
            raise ContainerFailed(f"the container could not be laid out: {error}") from error

    def wait_until_healthy(self, timeout: float, stop: threading.Event | None = None) -> None:
        """Wait until `/ping` is answered with 200.

        Raises
        ------
        ContainerFailed
            If the server died (with the reason that it left, or its last line), did not answer within `timeout`
            seconds, answered something else, or `stop` was set.
        """
        try:
            answer = self._ping(time.monotonic() + timeout, stop)
        except TimeoutError as error:
            raise ContainerFailed(f"/ping was not answered within {timeout:g} s") from error
        except (NoHttpResponse, OSError) as error:
            raise ContainerFailed(self._reason_of_death()) from error
        if answer.status != 200:
            raise ContainerFailed(f"/ping was answered with {answer.status}")
        self._health_check = HealthCheck(self._address, request_head("GET", "/ping", 0, {}))

    def is_alive(self) -> bool:
        """Whether the server runs; one system call."""
        return self._group is not None and self._group.is_alive()

    def hung(self) -> str | None:
        """Say so when the server runs but has not answered `/ping` for long; looks, and does not wait.

        The supervising thread calls this often; between the calls nothing is asked.
        """
        health_check = self._health_check
        if health_check is None or (unanswered := health_check.seconds_unanswered()) < self._longest_unanswered:
            return None
        return f"/ping was not answered for {unanswered:.0f} s"

    def invoke(
        self,
        body: bytes,
        content_type: str | None,
        accept: str | None,
        timeout: float = 60.0,
        custom_attributes: str | None = None,
    ) -> ContainerResponse:
        """Send a body to `/invocations`.

        Raises
        ------
        ContainerFailed
            If the server died, closed the connection without an answer, or took longer than `timeout` seconds.
        """
        headers = {"Content-Type": content_type, "Accept": accept, CUSTOM_ATTRIBUTES: custom_attributes}
        answer = self._ask("POST", "/invocations", timeout, body, headers)
        attributes = answer.headers.get(CUSTOM_ATTRIBUTES.lower())
        return ContainerResponse(answer.status, answer.headers.get("content-type"), answer.body, attributes)

    def execution_parameters(self) -> Mapping[str, Any] | None:
        """What the module's `execution_parameters_fn` says; None if it has none.

        Raises
        ------
        ContainerFailed
            As `invoke`, and if the answer is no JSON object.
        """
        answer = self._ask("GET", "/execution-parameters", 60.0)
        if answer.status == 404:
            return None
        try:
            parameters = json.loads(answer.body)
        except ValueError as error:
            raise ContainerFailed(f"/execution-parameters was answered with {answer.status} and no JSON") from error
        if answer.status != 200 or not isinstance(parameters, dict):
            raise ContainerFailed(f"/execution-parameters was answered with {answer.status} and no JSON object")
        return parameters

    def stop(self) -> None:
        """Kill the server and all that it started, at once; nothing of it is left on return.

        Requests in flight are lost: wait for them first.
        """
        with self._lock:
            self._stopped = True
            group, connections, health_check = self._group, self._connections, self._health_check
        if health_check is not None:
            health_check.close()
        if connections is not None:
            connections.close()
        if group is not None:
            group.kill()
        self._remove_socket()

    def _prepare(self, runtime: Runtime) -> dict[str, str]:
        """Lay out the base directory and put together the environment."""
        base, definition = self._base, self._definition
        base.create(base.model, base.code, base.output)
        port = port_for(runtime, self._namespace is None or self._namespace.network)
        given = {PORT_VARIABLE: str(port), **definition.environment}
        environment = container_environment(base, None, given, image=runtime.variables)
        has_program = bool(environment.get("SAGEMAKER_PROGRAM"))
        if not (has_program or runtime.serves_without_program(environment)):
            raise ContainerFailed("the container's environment has no SAGEMAKER_PROGRAM")
        if definition.model_archive is not None:
            extract(definition.model_archive, base.model)
        packages = None
        if has_program:  # only then does the image install anything
            location = environment.get("SAGEMAKER_SUBMIT_DIRECTORY") or str(base.code)
            source_code.place(location, definition.source_archive, base)
            source_code.refuse_standard_names(base)
            packages = self._installed(runtime)
        toolkit = None if runtime.image.serving.command else STAND_INS
        path = [packages, environment.get("PYTHONPATH"), toolkit]
        return {**environment, "PYTHONPATH": os.pathsep.join(str(part) for part in path if part)}

    def _installed(self, runtime: Runtime) -> Path | None:
        environment, code = self._definition.environment, self._base.code
        return requirements.installed(
            code, self._cache, environment, self._log, self._adopt, self._namespace, runtime.python
        )

    def _spawn(self, environment: Mapping[str, str], runtime: Runtime) -> None:
        """Start the server on a socket that is bound already, so that the first request waits in its queue."""
        self._socket_directory = self._new_socket_directory()
        self._address = self._socket_directory / "s"
        workers = _whole_number(environment, "SAGEMAKER_MODEL_SERVER_WORKERS", multiprocessing.cpu_count())
        self._longest_unanswered = TIMEOUTS_UNTIL_HUNG * _whole_number(environment, TIMEOUT_VARIABLE, 60)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
            listening.bind(str(self._address))
            listening.listen(socket.SOMAXCONN)
            inherited = listening.fileno()
            command = server_command(runtime, environment, inherited)
            directory, namespace = runtime.image.programs or self._base.root, runtime.within(self._namespace)
            group = ProcessGroup(command, environment, directory, self._log, inherit=[inherited], namespace=namespace)
        self._connections = ConnectionPool(self._address, workers)
        self._adopt(group)

    def _adopt(self, group: ProcessGroup) -> None:
        """Make `stop` end what runs now, the installer or the server; at once if it was called already."""
        with self._lock:
            self._group = group
            stopped = self._stopped
        if stopped:
            group.kill()
            self._remove_socket()
            raise ContainerFailed("stopped while the container started")

    def _new_socket_directory(self) -> Path:
        """A private directory whose name is short enough for a unix socket: in the base directory, else in /tmp."""
        within = self._base.root / "socket"
        if len(os.fsencode(within / "s")) <= SOCKET_PATH_LIMIT:
            self._base.create(within)
            return within
        return Path(tempfile.mkdtemp(prefix="sagemaker-local-", dir="/tmp"))  # mode 0700, name unguessable

    def _remove_socket(self) -> None:
        with self._lock:
            directory, self._socket_directory = self._socket_directory, None
        if directory is not None:
            self._address.unlink(missing_ok=True)
            directory.rmdir()

    def _ping(self, deadline: float, stop: threading.Event | None) -> HttpResponse:
        """GET /ping; the connection waits in the queue of the socket until a worker takes it, or breaks."""
        with closing(Connection(self._address)) as connection:
            connection.send(request_head("GET", "/ping", 0, {}), b"", deadline)
            while not connection.has_response(PING_POLL_SECONDS):
                if stop is not None and stop.is_set():
                    raise ContainerFailed("stopped while the container started")
                if time.monotonic() >= deadline:
                    raise TimeoutError
            return connection.receive(deadline)

    def _reason_of_death(self) -> str:
        assert self._group is not None
        try:
            exit_code = self._group.wait(EXIT_SECONDS)
        except TimeoutError:
            return "the model server does not answer /ping"
        said = [line for line in self._group.last_lines if line.strip()]
        try:
            reason = self._base.failure.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            reason = f"the model server ended with exit code {exit_code}: {said[-1] if said else 'no output'}"
        hint = namespaces.hint("\n".join([reason, *said]))
        return f"{reason} {hint}".strip()

    def _ask(
        self,
        method: str,
        path: str,
        timeout: float,
        body: bytes = b"",
        headers: Mapping[str, str | None] | None = None,
    ) -> HttpResponse:
        if self._connections is None:
            raise ContainerFailed("the container was not started")
        head = request_head(method, path, len(body), headers or {})
        try:
            return self._connections.request(head, body, timeout)
        except TimeoutError as error:
            raise ContainerFailed(f"{path} was not answered within {timeout:g} s") from error
        except NoHttpResponse as error:
            raise ContainerFailed(f"the model server did not answer {path}: {error}") from error
        except OSError as error:
            raise ContainerFailed(f"the model server cannot be reached: {error.strerror}") from error


def _whole_number(environment: Mapping[str, str], variable: str, default: int) -> int:
    given = environment.get(variable)
    if not given:
        return default
    if not given.isdecimal() or int(given) < 1:
        raise ContainerFailed(f"{variable} is {given!r}; it takes a number from 1")
    return int(given)


def request_head(method: str, path: str, length: int, headers: Mapping[str, str | None]) -> bytes:
    """Write the head of a request; headers that are None or empty are left out.

    Raises
    ------
    ContainerFailed
        If a header's value holds a line break, or characters that HTTP has no bytes for.
    """
    given = [(name, value) for name, value in headers.items() if value]
    for name, value in given:
        if not value.isprintable() or not value.isascii():
            raise ContainerFailed(f"{name} is not a header value: {value!r}")
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in given]
    return "\r\n".join([*lines, "", ""]).encode("ascii")
