"""One running model server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping
    from pathlib import Path

    from pipeline.local.containers.definition import ContainerResponse, LogSink, ServingDefinition


class ServingContainer:
    """One running model server: a process group with its own base directory."""

    def __init__(
        self, definition: ServingDefinition, base_directory: Path, requirements_cache: Path, log: LogSink
    ) -> None:
        raise NotImplementedError

    def start(self) -> None:
        """Unpack, install the requirements, spawn; raises ContainerFailed."""
        raise NotImplementedError

    def wait_until_healthy(self, timeout: float, stop: threading.Event | None = None) -> None:
        """Poll /ping until it answers 200; raises ContainerFailed with the reason."""
        raise NotImplementedError

    def is_alive(self) -> bool:
        """Whether the process group's leader still runs; cheap."""
        raise NotImplementedError

    def invoke(
        self, body: bytes, content_type: str | None, accept: str | None, timeout: float = 60.0
    ) -> ContainerResponse:
        """POST /invocations; raises ContainerFailed when the server died or did not answer in time."""
        raise NotImplementedError

    def execution_parameters(self) -> Mapping[str, Any] | None:
        """GET /execution-parameters; None where the module defines none."""
        raise NotImplementedError

    def stop(self) -> None:
        """End the whole process group; it is gone on return."""
        raise NotImplementedError
