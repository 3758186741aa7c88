"""A container's own Python: all packages of the image, and room for what the container installs.

On AWS every container is a fresh copy of its image, so a script may `pip install` what it likes. Here the image's
packages are those of this process's Python, which no script may change. So a container gets a virtual environment that
sees them: `pip` finds installed what the image has, and what it adds or replaces lies in the container alone.
"""

from __future__ import annotations

import ensurepip
import importlib.util
import site
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

_INTERPRETERS = ("python", "python3", f"python3.{sys.version_info.minor}")
_INSTALLERS = ("pip", "pip3")


@dataclass(frozen=True, slots=True)
class PythonEnvironment:
    """The environment in a directory; a few small files."""

    root: Path

    @property
    def programs(self) -> Path:
        """The folder for the front of PATH: `python`, `python3`, `pip`, and what is installed."""
        return self.root / "bin"

    def create(self) -> None:
        """Lay the files down."""
        packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(self.root)}))
        packages.mkdir(parents=True)
        self.programs.mkdir()
        # `_base_executable` is the Python that a virtual environment was made from, and Python itself elsewhere
        base = Path(sys._base_executable)  # type: ignore[attr-defined]
        (self.root / "pyvenv.cfg").write_text(f"home = {base.parent}\ninclude-system-site-packages = false\n")
        for name in _INTERPRETERS:
            (self.programs / name).symlink_to(base)
        (packages / "image.pth").write_text(_path_file(), encoding="utf-8")
        for name in _INSTALLERS:
            self._write_program(name, f"#!/bin/sh\nexec '{self.programs / 'python3'}' -m pip \"$@\"\n")

    def _write_program(self, name: str, text: str) -> None:
        program = self.programs / name
        program.write_text(text, encoding="utf-8")
        program.chmod(0o700)


def _path_file() -> str:
    """Write the lines that put the image's packages, and their own path files, behind the container's."""
    folders = [*site.getsitepackages(), *([site.getusersitepackages()] if site.ENABLE_USER_SITE else [])]
    lines = [f"import site; site.addsitedir({folder!r})" for folder in folders]
    return "".join(f"{line}\n" for line in [*lines, *_bundled_pip()])


def _bundled_pip() -> list[str]:
    """Find the pip that Python carries along, where the image's packages have none; it runs from its wheel."""
    if importlib.util.find_spec("pip") is not None:
        return []
    return [str(wheel) for wheel in Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl")]
