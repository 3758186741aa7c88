"""A source folder's `requirements.txt`: installed once per content into a folder of its own, never into `.venv`."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.local.containers.errors import ContainerFailed
from pipeline.local.containers.group import ProcessGroup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pipeline.local.containers.definition import LogSink

FILE = "requirements.txt"

NAMES_FILES = (b"-", b".", b"/")
"""Beginnings of a requirement line that may name files, whose content then counts too."""


def installed(
    code: Path,
    cache: Path,
    environment: Mapping[str, str],
    log: LogSink,
    watch: Callable[[ProcessGroup], None] = lambda _: None,
) -> Path | None:
    """Install a source folder's requirements, or find them in the cache.

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
        Gets the installer's process group as soon as it runs, so that it can be stopped.

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
    target = cache / _digest(code)
    with _locked(cache / f"{target.name}.lock"):
        if not target.exists():
            _install(code, target, environment, log, watch)
    return target


def _digest(code: Path) -> str:
    """What decides what gets installed: the requirements, the Python, and the files that the requirements may name."""
    digest = hashlib.sha256(f"{sys.implementation.cache_tag} {sys.platform}\n".encode())
    text = (code / FILE).read_bytes()
    digest.update(text)
    if any(line.strip().startswith(NAMES_FILES) or b"file:" in line for line in text.split(b"\n")):
        for path in sorted(path for path in code.rglob("*") if path.is_file()):
            digest.update(f"\n{path.relative_to(code).as_posix()}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one installation of the same content run at a time, in this process and others."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(
    code: Path,
    target: Path,
    environment: Mapping[str, str],
    log: LogSink,
    watch: Callable[[ProcessGroup], None],
) -> None:
    with tempfile.TemporaryDirectory(prefix="installing-", dir=target.parent, ignore_cleanup_errors=True) as temporary:
        fresh = Path(temporary) / "packages"
        fresh.mkdir()
        installer = ProcessGroup(_command(fresh, environment), _installer_environment(environment), code, log)
        watch(installer)
        if installer.wait():
            raise ContainerFailed(f"{FILE} could not be installed: {_last_error(installer.last_lines)}")
        fresh.rename(target)


def _command(target: Path, environment: Mapping[str, str]) -> list[str]:
    options = ["--target", str(target), "-r", FILE]
    if importlib.util.find_spec("pip") is not None:
        pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
        return [*pip, *options]
    uv = shutil.which("uv")
    if uv is None:
        raise ContainerFailed(f"{FILE} could not be installed: this Python has no pip, and uv is not on PATH")
    no_index = ["--no-index"] if environment.get("PIP_NO_INDEX", "0") not in ("", "0", "false") else []
    return [uv, "pip", "install", "--python", sys.executable, *no_index, *options]


def _installer_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The server's own variables, for its caches and proxies, without anything of AWS."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**inherited, **environment}


def _last_error(lines: list[str]) -> str:
    """The last line that says `error`, with the cause that uv writes below it; else the last line."""
    said = [line.strip() for line in lines if line.strip()] or ["no output"]
    errors = [place for place, line in enumerate(said) if line.lower().startswith("error")]
    start = errors[-1] if errors else len(said) - 1
    causes = [line for line in said[start + 1 : start + 2] if line.startswith("cause:")]
    return " ".join([said[start], *causes])
