"""A source folder's `requirements.txt`: installed once per content into a folder of its own, never into `.venv`."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from local_sagemaker.containers.errors import ContainerFailed
from local_sagemaker.containers.process_group import ProcessGroup
from local_sagemaker.containers.source.installers import FILE, installer, options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from local_sagemaker.containers.definition import LogSink
    from local_sagemaker.containers.namespaces import Namespace

NAMES_FILES = (b"-", b".", b"/")
"""Beginnings of a requirement line that may name files, whose content then counts too."""


def installed(
    code: Path,
    cache: Path,
    environment: Mapping[str, str],
    log: LogSink,
    watch: Callable[[ProcessGroup], None] = lambda _: None,
    namespace: Namespace | None = None,
    python: str = sys.executable,
) -> Path | None:
    """Install what a source folder requires beyond its Python's packages, or find it in the cache.

    Parameters
    ----------
    code : Path
        The source folder.
    cache : Path
        Where the installations lie, one folder per content.
    environment : mapping of str to str
        The container definition's variables; its `PIP_…` settings hold here as they do in the image.
    log : LogSink
        Takes the installer's output.
    watch : callable
        Gets each of the installer's process groups as soon as it runs, so that it can be stopped.
    namespace : Namespace or None
        The container's; the installer runs in it, so without a network nothing can be fetched.

    python : str
        The interpreter of the container's environment.

    Returns
    -------
    Path or None
        The folder to put on the container's path; None without a `requirements.txt`.

    Raises
    ------
    ContainerFailed
        With the installer's last error line.
    """
    if not (code / FILE).is_file():
        return None
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = cache / _digest(code, python, isolated=namespace is not None and not namespace.network)
    with _locked(cache / f"{target.name}.lock"):
        if not target.exists():
            _Installation(code, environment, log, watch, namespace, python).into(target)
    return target


def _digest(code: Path, python: str, isolated: bool) -> str:
    """What decides what gets installed: requirements, the Python and its packages, and files that are named.

    A container without a network does not get what another one could fetch.
    """
    digest = hashlib.sha256(f"{sys.implementation.cache_tag} {sys.platform}{' isolated' * isolated}\n".encode())
    for line in _packages() if python == sys.executable else [python]:  # an image's environment never changes
        digest.update(f"{line}\n".encode())
    text = (code / FILE).read_bytes()
    digest.update(text)
    if any(line.strip().startswith(NAMES_FILES) or b"file:" in line for line in text.split(b"\n")):
        for path in sorted(path for path in code.rglob("*") if path.is_file()):
            digest.update(f"\n{path.relative_to(code).as_posix()}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _packages() -> list[str]:
    return sorted(f"{package.name}=={package.version}" for package in metadata.distributions())


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one installation of the same content run at a time, in this process and others."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True, slots=True)
class _Installation:
    code: Path
    environment: Mapping[str, str]
    log: LogSink
    watch: Callable[[ProcessGroup], None]
    namespace: Namespace | None
    python: str

    def into(self, target: Path) -> None:
        """Install into a temporary folder beside `target`, which then takes its name."""
        using = installer(self.environment, self.python)
        prefix = "installing-"
        with tempfile.TemporaryDirectory(prefix=prefix, dir=target.parent, ignore_cleanup_errors=True) as temporary:
            fresh, report = Path(temporary) / "packages", Path(temporary) / "report.json"
            fresh.mkdir()
            missing = using.missing(report, self._run(using.plan(report)))
            if missing:
                sources = options((self.code / FILE).read_text(encoding="utf-8"))
                self._run(using.install(missing, sources, fresh))
            fresh.rename(target)

    def _run(self, command: Sequence[str]) -> list[str]:
        """Run an installer to its end and return what it said."""
        said: list[str] = []

        def take(line: str) -> None:
            said.append(line)
            self.log(line)

        group = ProcessGroup(command, self._variables(), self.code, take, namespace=self.namespace)
        self.watch(group)
        if group.wait():
            raise ContainerFailed(f"{FILE} could not be installed: {_last_error(said)}")
        return said

    def _variables(self) -> dict[str, str]:
        """The server's own variables, for the installer's caches and proxies, without anything of AWS."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {**inherited, **self.environment}


def _last_error(lines: Sequence[str]) -> str:
    """The last line that says `error`, with the cause that uv writes below it; else the last line."""
    said = [line.strip() for line in lines if line.strip()] or ["no output"]
    errors = [place for place, line in enumerate(said) if line.lower().startswith("error")]
    start = errors[-1] if errors else len(said) - 1
    causes = [line for line in said[start + 1 : start + 2] if line.startswith("cause:")]
    return " ".join([said[start], *causes])
