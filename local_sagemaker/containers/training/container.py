"""One run of a training script, as sagemaker-training runs it in the image."""

from __future__ import annotations

import json
import os
import shlex
import sys
import threading
from typing import TYPE_CHECKING

from local_sagemaker.containers.base_directory import BaseDirectory
from local_sagemaker.containers.definition import TrainingOutcome
from local_sagemaker.containers.environment import container_environment
from local_sagemaker.containers.errors import ContainerFailed
from local_sagemaker.containers.process_group import ProcessGroup
from local_sagemaker.containers.source import requirements, source_code
from local_sagemaker.containers.stand_ins import STAND_INS
from local_sagemaker.containers.training.script_mode import ScriptMode, map_paths

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from local_sagemaker.containers.definition import LogSink, TrainingDefinition

FAILURE_CHARACTERS = 1024

IMAGE_FAILED = 1
"""The image's own exit code, whatever the script's was."""

GRACE_SECONDS = 5.0
"""Between SIGTERM and SIGKILL; AWS gives 120."""


class TrainingContainer:
    """One run of a training script: a process group with its own base directory.

    Parameters
    ----------
    definition : TrainingDefinition
        What to run.
    base_directory : Path
        The container's `/opt/ml`; the channels' files already lie in `input/data/<channel>/`.
    requirements_cache : Path
        Where installed `requirements.txt` files are kept.
    log : LogSink
        Takes each line of output.
    """

    def __init__(
        self, definition: TrainingDefinition, base_directory: Path, requirements_cache: Path, log: LogSink
    ) -> None:
        self._definition = definition
        self._base = BaseDirectory(base_directory.absolute())
        self._cache = requirements_cache
        self._log = log
        self._lock = threading.Lock()
        self._running: ProcessGroup | None = None
        self._stopping = False

    def run(self) -> TrainingOutcome:
        """Run the script to its end; blocks, `stop` from another thread ends it.

        Raises
        ------
        ContainerFailed
            If the script could not be started: no such source, archive refused, requirements not installable, stopped.
        """
        try:
            script = self._prepare()
        except OSError as error:
            raise ContainerFailed(f"the training container could not be laid out: {error}") from error
        command = self._command(script)
        self._log(f"Invoking script with the following command: {shlex.join(command)}")
        group = ProcessGroup(command, self._environment(script), self._base.code, self._log, GRACE_SECONDS)
        self._watch(group)
        exit_code = group.wait()
        self._log(f"Reporting training {'FAILURE' if exit_code else 'SUCCESS'}")
        if exit_code:
            return TrainingOutcome(IMAGE_FAILED, self._failure_reason(exit_code, command))
        return TrainingOutcome(0, None)

    def stop(self) -> None:
        """End the run: SIGTERM to the whole group, SIGKILL after a grace period; the group is gone on return."""
        with self._lock:
            self._stopping = True
            running = self._running
        if running is not None:
            running.terminate()

    def _watch(self, group: ProcessGroup) -> None:
        """Make `stop` end this group; at once if it was called already."""
        with self._lock:
            self._running = group
            stopping = self._stopping
        if stopping:
            group.terminate()

    def _prepare(self) -> ScriptMode:
        base = self._base
        base.create(base.model, base.code, base.output, base.output_data, base.configuration)
        base.checkpoints.mkdir(mode=0o700, exist_ok=True)  # may hold an earlier job's already
        definition = self._definition
        script = ScriptMode(
            base,
            map_paths(definition.hyperparameters, base),
            definition.channels,
            definition.resources,
            self._container_environment(),
        )
        self._write("hyperparameters.json", script.all_hyperparameters)
        self._write("inputdataconfig.json", script.channels)
        self._write("resourceconfig.json", script.resources)
        source_code.place(script.module_directory, definition.source_archive, base)
        return script

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        (self._base.configuration / name).write_text(json.dumps(content), encoding="utf-8")

    def _container_environment(self) -> dict[str, str]:
        definition = self._definition
        return {
            **container_environment(self._base, definition.region, definition.environment),
            "TRAINING_JOB_NAME": definition.job_name,
        }

    def _environment(self, script: ScriptMode) -> dict[str, str]:
        packages = requirements.installed(
            self._base.code, self._cache, self._definition.environment, self._log, self._watch
        )
        path = [self._base.code, packages, script.container.get("PYTHONPATH"), STAND_INS]
        return {
            **script.container,
            **script.environment(),
            "PYTHONPATH": os.pathsep.join(str(part) for part in path if part),
        }

    def _command(self, script: ScriptMode) -> list[str]:
        program = script.entry_point
        if program is None:
            raise ContainerFailed("the hyperparameter sagemaker_program is missing")
        if ".." in program.split("/") or not (self._base.code / program).is_file():
            raise ContainerFailed(f"sagemaker_program {program} is not in the source folder")
        interpreter = "/bin/sh" if program.endswith(".sh") else sys.executable
        command = [interpreter, program, *script.arguments]
        return [*command[:-1], command[-1].strip('"')]  # the toolkit (process.py) does this to every last argument

    def _failure_reason(self, exit_code: int, command: list[str]) -> str:
        """Word it as AWS does: what the script wrote to `output/failure`, else what the toolkit would write there."""
        try:
            with self._base.failure.open(encoding="utf-8", errors="replace") as file:
                said = file.read(FAILURE_CHARACTERS).strip()
        except FileNotFoundError:
            said = f'ExecuteUserScriptError:\nExitCode {exit_code}\nErrorMessage ""\nCommand "{" ".join(command)}"'
        return f"AlgorithmError: {said[:FAILURE_CHARACTERS]}, exit code: {IMAGE_FAILED}"
