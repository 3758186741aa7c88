"""What a job's own `pip install` does: it installs for this container, and leaves this Python's packages alone."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from local_sagemaker.containers.source.installers import has_pip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local_sagemaker.containers.base_directory import BaseDirectory

STAND_IN = Path(__file__).parents[1] / "inside" / "pip_by_uv"

UV_VARIABLE = "SAGEMAKER_LOCAL_UV"

SETTINGS = ("PIP_", "UV_", "SSL_CERT_")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
"""Where packages come from is this machine's affair, so a container gets what the user has set for it."""


def variables(
    base: BaseDirectory, environment: Mapping[str, str], python: str, server: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Make the folder that a container's `pip install` fills, and commands `pip` and `python` for this Python.

    Parameters
    ----------
    base : BaseDirectory
        The container's base directory.
    environment : mapping of str to str
        The container's variables so far.
    python : str
        The interpreter of the container's environment.
    server : mapping of str to str
        The server's own environment.

    Returns
    -------
    dict of str to str
        The container's variables with these; `PIP_TARGET`, the folder, belongs on its `PYTHONPATH`.
    """
    packages, commands = base.temporary / "packages", base.temporary / "bin"
    for folder in (packages, commands):
        folder.mkdir(mode=0o700, exist_ok=True)
    for name in ("python", "python3"):
        _write(commands / name, shlex.quote(python))
    for name in ("pip", "pip3"):
        _write(commands / name, f"{shlex.quote(python)} -m pip")
    inside = base.inside.temporary
    return {
        **{name: value for name, value in server.items() if name.startswith(SETTINGS) or name.lower() in PROXIES},
        **environment,
        "PATH": os.pathsep.join([str(inside / "bin"), environment.get("PATH", os.defpath)]),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_TARGET": str(inside / "packages"),
        **({UV_VARIABLE: uv} if (uv := shutil.which("uv")) else {}),
    }


def stand_in(python: str) -> Path | None:
    """The folder of what answers `python -m pip` where the Python has no pip; None where it has, or there is no uv."""
    return None if has_pip(python) or not shutil.which("uv") else STAND_IN


def _write(command: Path, words: str) -> None:
    command.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
    command.chmod(0o700)
