"""One run of a training job: a script as sagemaker-training runs it in the image, or the job's own command."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from local_sagemaker.containers import namespaces
from local_sagemaker.containers.base_directory import BaseDirectory
from local_sagemaker.containers.definition import TrainingOutcome
from local_sagemaker.containers.environment import container_environment
from local_sagemaker.containers.errors import ContainerFailed
from local_sagemaker.containers.job_container import GRACE_SECONDS, JobContainer
from local_sagemaker.containers.process_group import ProcessGroup
from local_sagemaker.containers.python_environment import ImagePython, PythonEnvironment
from local_sagemaker.containers.source import requirements, source_code
from local_sagemaker.containers.stand_ins import STAND_INS
from local_sagemaker.containers.training.script_mode import ScriptMode, map_paths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from local_sagemaker.containers.definition import LogSink, TrainingDefinition
    from local_sagemaker.containers.images.runtime import Runtime
    from local_sagemaker.containers.namespaces import Namespace

FAILURE_CHARACTERS = 1024

IMAGE_FAILED = 1
"""The image's own exit code, whatever the script's was."""


@dataclass(frozen=True, slots=True)
class Command:
    """What to run: its words, all of its environment, and the working directory as this process sees it."""

    words: list[str]
    environment: Mapping[str, str]
    directory: Path
    by_toolkit: bool = True


class TrainingContainer(JobContainer):
    """One run of a training job: a process group with its own base directory.

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
        super().__init__(definition.image, log)
        self._definition = definition
        self._base = BaseDirectory.of_container(base_directory)
        self._namespace = self._base.namespace(network=not definition.network_isolation)
        self._root = base_directory.absolute().with_name(f"{base_directory.name}.root")
        self._python = PythonEnvironment(self._base.temporary / "python")
        self._cache = requirements_cache
        self._runtime: Runtime | None = None

    def run(self) -> TrainingOutcome:
        """Run the script, or the definition's own command, to its end; blocks, `stop` from another thread ends it.

        Raises
        ------
        ContainerFailed
            If it could not be started: no such source, archive refused, requirements not installable, stopped.
        """
        runtime = self._runtime or self._found_runtime()
        try:
            return self._ran(self._prepared(runtime), runtime)
        finally:
            shutil.rmtree(self._root, ignore_errors=True)

    def _prepared(self, runtime: Runtime) -> Command:
        try:
            return self._prepare(runtime)
        except OSError as error:
            raise ContainerFailed(f"the training container could not be laid out: {error}") from error

    def _ran(self, command: Command, runtime: Runtime) -> TrainingOutcome:
        group = ProcessGroup(
            command.words,
            command.environment,
            command.directory,
            _with_tabs_as(runtime.image.training.tabs, self._log),
            GRACE_SECONDS,
            namespace=runtime.within(self._namespace_of(command)),
        )
        self._watch(group)
        exit_code = group.wait()
        if command.by_toolkit:
            self._log(f"Reporting training {'FAILURE' if exit_code else 'SUCCESS'}")
        return self._outcome(exit_code, command, group.last_lines)

    def _namespace_of(self, command: Command) -> Namespace | None:
        """Give a command that works in `/` a root of its own: what it writes there is not this machine's."""
        if self._namespace is None or command.directory != self._root:
            return self._namespace
        return replace(self._namespace, root=self._root)

    def provide_image(self) -> None:
        """Have the image's environment there before the run, which then needs no time for it.

        Raises
        ------
        ContainerFailed
            If it cannot be had and nothing can take its place, or `stop` was called meanwhile.
        """
        self._runtime = self._found_runtime()

    def _prepare(self, runtime: Runtime) -> Command:
        base, definition = self._base, self._definition
        base.create(base.model, base.code, base.output, base.output_data, base.configuration)
        base.checkpoints.mkdir(mode=0o700, exist_ok=True)  # may hold an earlier job's already
        self._python.create(ImagePython.of(runtime.environment))
        script = ScriptMode(
            base.inside,
            map_paths(definition.hyperparameters, base),
            definition.channels,
            definition.resources,
            self._container_environment(runtime),
        )
        self._write("hyperparameters.json", script.all_hyperparameters)
        self._write("inputdataconfig.json", script.channels)
        self._write("resourceconfig.json", script.resources)
        if definition.entry_point:
            return self._own_command(script)
        if runtime.image.training.command:
            return self._image_command(runtime, script)
        if script.entry_point is None and (algorithm := runtime.image.training.algorithm):
            return self._algorithm_command(algorithm, script)
        return self._script_command(script, runtime)

    def _own_command(self, script: ScriptMode) -> Command:
        """Run what the definition says instead of the image's toolkit, which then tells it nothing."""
        self._base.create_root(self._root)
        words = [self._base.map(word) for word in (*self._definition.entry_point, *self._definition.arguments)]
        return Command(words, self._with_python_path(script.container, []), self._root, by_toolkit=False)

    def _image_command(self, runtime: Runtime, script: ScriptMode) -> Command:
        """Run what the image runs for every job, where its programs lie; no toolkit tells it anything."""
        directory = runtime.image.programs or self._base.code
        return Command(
            list(runtime.image.training.command), self._python.variables(script.container), directory, by_toolkit=False
        )

    def _algorithm_command(self, algorithm: str, script: ScriptMode) -> Command:
        """Run the image's own algorithm, for a job without a script."""
        environment = self._with_python_path({**script.container, **script.environment()}, [])
        return Command([str(self._python.programs / "python"), "-m", algorithm], environment, self._base.code)

    def _script_command(self, script: ScriptMode, runtime: Runtime) -> Command:
        base, definition = self._base, self._definition
        source_code.place(script.module_directory, definition.source_archive, base)
        if "sagemaker_s3_output" in definition.hyperparameters:
            (base.output / "intermediate").mkdir()
        words = self._script_words(script)
        self._log(f"Invoking script with the following command: {shlex.join(words)}")
        packages = requirements.installed(
            base.code, self._cache, definition.environment, self._log, self._watch, self._namespace, runtime.python
        )
        environment = {**script.container, **script.environment()}
        return Command(words, self._with_python_path(environment, [base.inside.code, packages]), base.code)

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        (self._base.configuration / name).write_text(json.dumps(content), encoding="utf-8")

    def _container_environment(self, runtime: Runtime) -> dict[str, str]:
        definition = self._definition
        return {
            **container_environment(self._base, definition.region, definition.environment, image=runtime.variables),
            "TRAINING_JOB_NAME": definition.job_name,
            **({"TRAINING_JOB_ARN": definition.job_arn} if definition.job_arn else {}),
        }

    def _with_python_path(self, environment: Mapping[str, str], first: Sequence[Path | None]) -> dict[str, str]:
        path = [*first, environment.get("PYTHONPATH"), STAND_INS]
        whole = self._python.variables(environment)
        return {**whole, "PYTHONPATH": os.pathsep.join(str(part) for part in path if part)}

    def _script_words(self, script: ScriptMode) -> list[str]:
        program = script.entry_point
        if program is None:
            raise ContainerFailed("the hyperparameter sagemaker_program is missing")
        if ".." in program.split("/") or not (self._base.code / program).is_file():
            raise ContainerFailed(f"sagemaker_program {program} is not in the source folder")
        interpreter = "/bin/sh" if program.endswith(".sh") else str(self._python.programs / "python")
        command = [interpreter, program, *script.arguments]
        return [*command[:-1], command[-1].strip('"')]  # the toolkit (process.py) does this to every last argument

    def _outcome(self, exit_code: int, command: Command, lines: Sequence[str]) -> TrainingOutcome:
        """Word the end as AWS does: what was written to `output/failure`, else what the toolkit would write there."""
        if exit_code == 0:
            return TrainingOutcome(0, None)
        reported = IMAGE_FAILED if command.by_toolkit else _reported(exit_code)
        reason = self._failure_file()
        if reason is None:
            toolkit = (
                f'ExecuteUserScriptError:\nExitCode {exit_code}\nErrorMessage ""\nCommand "{" ".join(command.words)}"'
            )
            reason = toolkit if command.by_toolkit else ""
        hint = namespaces.hint("\n".join([reason, *lines]))
        said = f"{reason[: FAILURE_CHARACTERS - len(hint)]} {hint}".strip()
        return TrainingOutcome(reported, f"AlgorithmError: {said}, exit code: {reported}")

    def _failure_file(self) -> str | None:
        try:
            with self._base.failure.open(encoding="utf-8", errors="replace") as file:
                return file.read(FAILURE_CHARACTERS).strip()
        except FileNotFoundError:
            return None


def _with_tabs_as(text: str, log: LogSink) -> LogSink:
    return log if text == "\t" else lambda line: log(line.replace("\t", text))


def _reported(exit_code: int) -> int:
    """Count a signal as a shell and Docker do."""
    return 128 - exit_code if exit_code < 0 else exit_code
