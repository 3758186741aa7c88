"""Build `.sdks/v2` and `.sdks/v3`: environments of one version of the SageMaker SDK each.

They are rebuilt only when their pins or their Python change. Where the packages cannot be had, one line says so, and
the tests report themselves skipped.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = HERE.parents[1] / ".sdks"
VERSIONS = ("v2", "v3")
_SECONDS = "30"


class NotBuilt(Exception):
    """An environment could not be built; the message says which step and why."""


def python_of(version: str) -> Path:
    """Return the interpreter of a version's environment."""
    return ENVIRONMENTS / version / "bin" / "python"


def is_current(version: str) -> bool:
    """Tell whether a version's environment is there and was built from these pins."""
    stamp = _stamp(version)
    return stamp.is_file() and stamp.read_text() == _digest(version)


def build(version: str) -> None:
    """Build a version's environment anew; the stamp comes last, so a broken one is never taken for built.

    Raises
    ------
    NotBuilt
        If the packages cannot be had.
    """
    directory, pins = ENVIRONMENTS / version, str(_pins(version))
    shutil.rmtree(directory, ignore_errors=True)
    for command in _with_uv(directory, pins) if shutil.which("uv") else _with_pip(directory, pins):
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, "UV_HTTP_TIMEOUT": _SECONDS}
        )
        if done.returncode:
            raise NotBuilt(f"{' '.join(command)}: {done.stderr.strip()}")
    _stamp(version).write_text(_digest(version))


def _with_uv(directory: Path, pins: str) -> Iterator[list[str]]:
    yield ["uv", "venv", "--quiet", "--python", sys.executable, str(directory)]
    install = ["uv", "pip", "install", "--quiet", "--compile-bytecode"]  # as pip does
    yield [*install, "--python", str(directory / "bin" / "python"), "--requirement", pins]


def _with_pip(directory: Path, pins: str) -> Iterator[list[str]]:
    pip = [str(directory / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    yield [sys.executable, "-m", "venv", str(directory)]
    yield [*pip, "--timeout", _SECONDS, "--requirement", pins]


def _pins(version: str) -> Path:
    return HERE / f"requirements-{version}.txt"


def _stamp(version: str) -> Path:
    return ENVIRONMENTS / version / "stamp"


def _digest(version: str) -> str:
    return hashlib.sha256(sys.version.encode() + _pins(version).read_bytes()).hexdigest()


def main() -> None:
    """Build what is not there; what cannot be had is only said."""
    for version in VERSIONS:
        if is_current(version):
            continue
        print(f"test-sdks: building .sdks/{version} with the SageMaker SDK {version}, a minute or two …", flush=True)
        try:
            build(version)
        except NotBuilt as reason:
            print(f"test-sdks: .sdks/{version} could not be built, its tests are skipped: {reason}", file=sys.stderr)


if __name__ == "__main__":
    main()
