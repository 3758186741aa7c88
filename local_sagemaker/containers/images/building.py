"""Builds an image's environment: with uv where it is on PATH, else with venv and pip, from wheels alone."""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local_sagemaker.containers.errors import ContainerFailed
from local_sagemaker.containers.images.pythons import find_python, uv_may_download
from local_sagemaker.containers.process_group import ProcessGroup
from local_sagemaker.lock import Lock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local_sagemaker.containers.definition import LogSink
    from local_sagemaker.containers.images.environment import ImageEnvironment

_POLL_SECONDS = 0.2

_VERIFY = """
import importlib, json, sys
for module in sys.argv[1:]:
    importlib.import_module(module)
print(json.dumps({"python": sys.version.split()[0]}))
"""


class Unavailable(Exception):
    """The environment cannot be had on this machine; the message says why."""


@dataclass(frozen=True, slots=True)
class Build:
    """One building of an environment.

    Parameters
    ----------
    environment : ImageEnvironment
        What to build.
    log : LogSink
        Takes what happens, line by line.
    watch : callable
        Gets each process group as soon as it runs, so that it can be stopped.
    stopped : callable
        Whether the container was stopped meanwhile.
    """

    environment: ImageEnvironment
    log: LogSink
    watch: Callable[[ProcessGroup], None] = lambda _: None
    stopped: Callable[[], bool] = lambda: False
    _said: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Build the environment, or wait for another that builds it; two at once build it once.

        Raises
        ------
        Unavailable
            If it cannot be built here.
        ContainerFailed
            If it was stopped.
        """
        environment = self.environment
        lock = self._locked()
        try:
            if environment.is_built:
                return
            shutil.rmtree(environment.directory, ignore_errors=True)  # what a build that was cut off has left
            self._build()
        except (OSError, Unavailable) as error:
            shutil.rmtree(environment.directory, ignore_errors=True)
            environment.note_failure(str(error))
            raise Unavailable(str(error)) from error
        finally:
            lock.release()

    def _locked(self) -> Lock:
        """Take the lock; who waits says so, and may be stopped."""
        try:
            self.environment.directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = Lock(self.environment.lock)
            if not lock.acquire():
                self.log(f"Waiting for the environment of {self.environment.image.name}, which is being built.")
                while not lock.acquire():
                    self._check_stopped()
                    time.sleep(_POLL_SECONDS)
        except OSError as error:
            raise Unavailable(f"{self.environment.directory.parent} cannot be written to: {error.strerror}") from error
        return lock

    def _build(self) -> None:
        image, began = self.environment.image, time.monotonic()
        python = self._python()
        self.log(
            f"Building the environment of {image.name} (Python {self.environment.version}), once for this machine, "
            f"in {self.environment.directory}"
        )
        for command in self._steps(python):
            self._run(command)
        facts = self._run([str(self.environment.python), "-I", "-c", _VERIFY, *image.imports])
        stamp = {**json.loads(facts), "image": image.name, "requirements": image.requirements}
        self.environment.stamp.write_text(json.dumps(stamp))
        self.environment.failure.unlink(missing_ok=True)
        self.log(f"Built the environment of {image.name} in {time.monotonic() - began:.0f} s")

    def _python(self) -> str:
        """The interpreter to make it of; only a version's name where uv fetches it."""
        version = self.environment.version
        if found := find_python(version):
            return found.path
        if uv_may_download():
            self.log(f"There is no Python {version} here; uv is asked for one.")
            return version
        raise Unavailable(no_python(version))

    def _steps(self, python: str) -> list[list[str]]:
        """The commands that make the environment and install the packages, from wheels but for those that have none and
        nothing to compile.
        """
        there, own = str(self.environment.directory), str(self.environment.python)
        if uv := shutil.which("uv"):
            venv = [uv, "venv", "--color", "never", "--no-project", "--python", python, there]
            # As in AWS's images: no container writes what it compiles (PYTHONDONTWRITEBYTECODE). pip compiles anyway.
            install = [uv, "pip", "install", "--compile-bytecode", "--color", "never", "--python", own]
        else:
            venv = [python, "-m", "venv", there]
            install = [own, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
        image = self.environment.image
        wheels, sources = [*image.packages, *image.also], image.sources
        steps = [[*install, "--only-binary", ":all:", *wheels]] if wheels else []
        return [venv, *steps, *([[*install, "--no-deps", *sources]] if sources else [])]

    def _run(self, command: Sequence[str]) -> str:
        """Run a step to its end and return its last line."""
        said: list[str] = []

        def take(line: str) -> None:
            said.append(line)
            self.log(line)

        group = ProcessGroup(command, self._variables(), self.environment.directory.parent, take)
        self.watch(group)
        failed = group.wait()
        self._check_stopped()
        lines = [line.strip() for line in said if line.strip()] or ["no output"]
        if failed:
            raise Unavailable(_reason(lines))
        return lines[-1]

    def _check_stopped(self) -> None:
        if self.stopped():
            raise ContainerFailed("stopped while the environment of its image was built")

    def _variables(self) -> dict[str, str]:
        """The server's own variables, for the installer's caches and proxies, without anything of AWS."""
        return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}


def no_python(version: str) -> str:
    """Say that there is none, and what to do."""
    return f"no Python {version} was found on PATH, in pyenv or by uv"


def _reason(lines: Sequence[str]) -> str:
    """The line that says error, with what uv adds below it; else the last one."""
    errors = [place for place, line in enumerate(lines) if line.lower().startswith("error")]
    start = errors[-1] if errors else len(lines) - 1
    return " ".join(line for line in lines[start : start + 2])[:500]
