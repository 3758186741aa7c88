"""Build `.test-image/`: a throw-away virtual environment with the versions of the AWS scikit-learn image 1.9-0.

Standard library only: it runs before anything is installed. It rebuilds only when its pins, its recipe or its Python
change, and where no Python 3.12 can be found it says so in one line and leaves the tests to report themselves skipped.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE.parents[1] / ".test-image"
REQUIREMENTS = HERE / "requirements.txt"
STAMP = ENVIRONMENT / "stamp"
NO_PYTHON = "no Python 3.12, which the AWS image runs, was found here (PYTHON_IMAGE=/path/to/python3.12 names one)"

_TIMEOUT_SECONDS = "15"


class BuildError(Exception):
    """The environment could not be built; the message says which step and why."""


def python_of_environment() -> Path:
    """Return the built environment's interpreter."""
    return ENVIRONMENT / "bin" / "python"


def is_current() -> bool:
    """Tell whether the environment is there and was built from these pins."""
    python = find_python()
    return python is not None and STAMP.is_file() and STAMP.read_text() == _stamp(python)


def find_python() -> str | None:
    """Find a Python 3.12: `PYTHON_IMAGE`, then `python3.12` on PATH, pyenv's versions, and what uv knows.

    Raises
    ------
    BuildError
        If `PYTHON_IMAGE` is set and is not a Python 3.12.
    """
    chosen = os.environ.get("PYTHON_IMAGE")
    if chosen:
        if not _is_python_312(chosen):
            raise BuildError(f"PYTHON_IMAGE={chosen} is not a Python 3.12")
        return chosen
    return next((python for python in _candidates() if _is_python_312(python)), None)


def _candidates() -> Iterator[str]:
    if on_path := shutil.which("python3.12"):
        yield on_path
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from (str(python) for python in sorted(pyenv.glob("versions/3.12*/bin/python3.12"), reverse=True))
    if uv := shutil.which("uv"):
        command = [uv, "python", "find", "--no-python-downloads", "--system", "3.12"]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        yield from found.stdout.split()


def _is_python_312(python: str) -> bool:
    check = "import sys, venv; sys.exit(sys.version_info[:2] != (3, 12))"
    try:
        return subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _stamp(python: str) -> str:
    digest = hashlib.sha256(python.encode())
    for source in (REQUIREMENTS, Path(__file__)):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def build(python: str) -> None:
    """Build the environment anew with `python`; the stamp is written last, so a broken build is never taken for one."""
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    # The toolkits are source distributions with an old setup.py: built with the pinned setuptools, not with the newest.
    for step in (_install_with_uv if shutil.which("uv") else _install_with_pip)(python):
        _run(step)
    _patch_collections()
    STAMP.write_text(_stamp(python))


def _install_with_uv(python: str) -> Iterator[list[str]]:
    # In the image all is compiled, and no container compiles anything (PYTHONDONTWRITEBYTECODE). pip does it by itself.
    install = ["uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python_of_environment())]
    install.append("--no-deps")
    yield ["uv", "venv", "--quiet", "--python", python, str(ENVIRONMENT)]
    yield [*install, _pin_of("setuptools")]
    yield [*install, "--no-build-isolation", "--requirement", str(REQUIREMENTS)]


def _install_with_pip(python: str) -> Iterator[list[str]]:
    pip = [str(python_of_environment()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    install = [*pip, "--timeout", _TIMEOUT_SECONDS, "--no-deps"]
    yield [python, "-m", "venv", str(ENVIRONMENT)]
    yield [*install, _pin_of("pip"), _pin_of("setuptools")]
    yield [*install, "--no-build-isolation", "--requirement", str(REQUIREMENTS)]


def _pin_of(package: str) -> str:
    return next(line for line in REQUIREMENTS.read_text().splitlines() if line.startswith(f"{package}=="))


def _run(command: list[str]) -> None:
    environment = {**os.environ, "UV_HTTP_TIMEOUT": _TIMEOUT_SECONDS}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise BuildError(f"{' '.join(command)}\n{done.stderr.strip()}")


def _patch_collections() -> None:
    """Do what the image's own Dockerfile does: `collections.Mapping` is gone since Python 3.10."""
    (mapping,) = ENVIRONMENT.glob("lib/python3.12/site-packages/sagemaker_containers/_mapping.py")
    mapping.write_text(mapping.read_text().replace("collections.Mapping", "collections.abc.Mapping"))
    _run([str(python_of_environment()), "-m", "compileall", "-q", str(mapping)])


def main() -> int:
    """Build when needed; return the exit code."""
    try:
        python = find_python()
        if python is None:
            print(f"test-image: {NO_PYTHON}; the tests are skipped")
        elif not is_current():
            print("test-image: building .test-image with the AWS image's versions, a minute or two …", flush=True)
            build(python)
    except BuildError as failure:
        print(f"test-image: the environment could not be built: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
