"""Finds a Python of a given version on this machine. Nothing is downloaded here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Python:
    """An interpreter."""

    path: str
    version: str
    """With its patch level."""


def find_python(version: str) -> Python | None:
    """Find an interpreter of a version such as `3.9`: the server's own, on PATH, of pyenv, or known to uv."""
    return next((python for path in _candidates(version) if (python := _asked(path, version))), None)


def uv_may_download() -> bool:
    """Whether uv is there and not told to leave downloads of Pythons alone."""
    never = ("never", "manual", "false", "0")
    return shutil.which("uv") is not None and os.environ.get("UV_PYTHON_DOWNLOADS", "automatic") not in never


def own_version() -> str:
    """The server's own Python, such as `3.11`."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _candidates(version: str) -> Iterator[str]:
    if version == own_version():
        yield sys.executable
    if on_path := shutil.which(f"python{version}"):
        yield on_path
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from (str(path) for path in sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}"), reverse=True))
    if uv := shutil.which("uv"):
        yield from _run([uv, "python", "find", "--no-python-downloads", "--system", "--no-project", version]).split(
            "\n"
        )


def _asked(path: str, version: str) -> Python | None:
    """Ask an interpreter who it is: a shim may stand for a version that is not chosen, a link for one that is gone."""
    if not path:
        return None
    said = _run([path, "-I", "-c", "import ssl, sys, venv; print(sys.version.split()[0])"]).strip()
    return Python(path, said) if said.startswith(f"{version}.") else None


def _run(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
