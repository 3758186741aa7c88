"""One run of a processing container: the command that the job names, with the image's Python in front."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

from local_sagemaker.containers import namespaces
from local_sagemaker.containers.base_directory import OPT_ML, BaseDirectory
from local_sagemaker.containers.definition import ProcessingOutcome
from local_sagemaker.containers.environment import container_environment
from local_sagemaker.containers.errors import ContainerFailed
from local_sagemaker.containers.job_container import GRACE_SECONDS, JobContainer
from local_sagemaker.containers.process_group import ProcessGroup
from local_sagemaker.containers.python_environment import ImagePython, PythonEnvironment
from local_sagemaker.containers.stand_ins import STAND_INS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from local_sagemaker.containers.definition import LogSink, ProcessingDefinition
    from local_sagemaker.containers.images.runtime import Runtime

MESSAGE_BYTES = 1024
"""How much of `output/message` becomes the ExitMessage."""

_LITERAL = re.compile(rf"(?<![\w./-]){OPT_ML}(?![\w.-])")


class ProcessingContainer(JobContainer):
    """One run of a command: a process group with its own base directory and its own Python.

    Parameters
    ----------
    definition : ProcessingDefinition
        What to run.
    directory : Path
        Where the container works; the inputs' files already lie in `ml/`, which is its `/opt/ml`.
    log : LogSink
        Takes each line of output.
    """

    def __init__(self, definition: ProcessingDefinition, directory: Path, log: LogSink) -> None:
        super().__init__(definition.image, log)
        self._definition = definition
        directory = directory.absolute()
        self._base = BaseDirectory.of_container(directory / "ml")
        self._python = PythonEnvironment(directory / "python")
        self._root = directory / "root"
        self._namespace = self._base.namespace(not definition.network_isolation, self._root)

    def run(self) -> ProcessingOutcome:
        """Run the command to its end; blocks, `stop` from another thread ends it.

        Raises
        ------
        ContainerFailed
            If it could not be started.
        """
        runtime = self._found_runtime()
        try:
            self._prepare(runtime)
        except OSError as error:
            raise ContainerFailed(f"the processing container could not be laid out: {error}") from error
        entrypoint = self._definition.entrypoint or runtime.image.processing.entrypoint
        command = [self._mapped(part) for part in (*entrypoint, *self._definition.arguments)]
        environment = self._environment(runtime)
        group = ProcessGroup(
            command, environment, self._root, self._log, GRACE_SECONDS, namespace=runtime.within(self._namespace)
        )
        self._watch(group)
        exit_code = group.wait()
        hint = namespaces.hint("\n".join(group.last_lines)) if exit_code else ""
        return ProcessingOutcome(exit_code, self._message(), hint)

    def _prepare(self, runtime: Runtime) -> None:
        self._base.create(self._base.output, self._base.root / "config")
        self._write("processingjobconfig.json", self._definition.configuration)
        self._write("resourceconfig.json", self._definition.resources)
        self._python.create(ImagePython.of(runtime.environment), runtime.image.processing.programs)
        self._base.create_root(self._root)

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        (self._base.root / "config" / name).write_text(json.dumps(content), encoding="utf-8")

    def _environment(self, runtime: Runtime) -> dict[str, str]:
        definition = self._definition
        given = {name: self._mapped(value) for name, value in definition.environment.items()}
        variables = container_environment(self._base, definition.region, given, image=runtime.variables)
        path = os.pathsep.join(part for part in (variables.get("PYTHONPATH"), str(STAND_INS)) if part)
        return self._python.variables({**variables, "PYTHONPATH": path})

    def _mapped(self, text: str) -> str:
        """Give the container's path wherever a command or a variable names `/opt/ml`."""
        return _LITERAL.sub(lambda _: str(self._base.inside.root), text)

    def _message(self) -> bytes:
        try:
            with (self._base.output / "message").open("rb") as file:
                return file.read(MESSAGE_BYTES)
        except FileNotFoundError:
            return b""
