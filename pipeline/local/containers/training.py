"""One run of a training script."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.local.containers.definition import LogSink, TrainingDefinition, TrainingOutcome


class TrainingContainer:
    """One run of a training script: a process group with its own base directory."""

    def __init__(
        self, definition: TrainingDefinition, base_directory: Path, requirements_cache: Path, log: LogSink
    ) -> None:
        raise NotImplementedError

    def run(self) -> TrainingOutcome:
        """Run the script to its end; blocks. `stop` from another thread ends it. Raises ContainerFailed."""
        raise NotImplementedError

    def stop(self) -> None:
        """SIGTERM to the group, SIGKILL after a grace period; gone on return."""
        raise NotImplementedError
