"""A container's own Python: all packages of the image, and room for what the container installs.

On AWS every container is a fresh copy of its image, so a script may `pip install` what it likes. Here the image's
packages are those of its environment, or of this process's Python, which no script may change. So a container gets a
virtual environment that sees them: `pip` finds installed what the image has, and what it adds or replaces lies in the
container alone.
"""

from __future__ import annotations

import importlib.util
import os
import re
import site
import sys
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_INSTALLER_SETTINGS = re.compile(r"(?:PIP|UV)_\w+|(?:https?|no)_proxy|SSL_CERT_FILE|REQUESTS_CA_BUNDLE", re.IGNORECASE)
"""Variables of this machine without which nothing can be installed here."""

_INSTALLERS = {"pip": "pip", "pip3": "pip"}


@dataclass(frozen=True, slots=True)
class ImagePython:
    """The Python of an image and its packages: its environment's, or this process's own.

    Parameters
    ----------
    interpreter : Path
        The interpreter that is in no virtual environment.
    version : str
        Such as `3.11`.
    folders : tuple of str
        Where its packages lie.
    has_pip : bool
        Whether pip is among them.
    """

    interpreter: Path
    version: str
    folders: tuple[str, ...]
    has_pip: bool

    @classmethod
    def of(cls, environment: Path | None) -> ImagePython:
        """Look at an image's environment; None for this process's own."""
        if environment is None:
            return cls._of_this_process()
        packages = next(environment.glob("lib/python*/site-packages"))
        version = packages.parent.name.removeprefix("python")
        interpreter = (environment / "bin" / "python").resolve()
        return cls(interpreter, version, (str(packages),), (packages / "pip").is_dir())

    @classmethod
    def _of_this_process(cls) -> ImagePython:
        # `_base_executable` is the Python that a virtual environment was made from, and Python itself elsewhere
        interpreter = Path(sys._base_executable)  # type: ignore[attr-defined]
        user = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        has_pip = importlib.util.find_spec("pip") is not None
        return cls(interpreter, version, (*site.getsitepackages(), *user), has_pip)

    @property
    def bundled_pip(self) -> list[str]:
        """The pip that Python carries along, where the packages have none; it runs from its wheel."""
        if self.has_pip:
            return []
        library = self.interpreter.resolve().parents[1] / "lib" / f"python{self.version}"
        return [str(wheel) for wheel in library.glob("ensurepip/_bundled/pip-*.whl")]


@dataclass(frozen=True, slots=True)
class PythonEnvironment:
    """The environment in a directory; a few small files."""

    root: Path

    @property
    def programs(self) -> Path:
        """The folder for the front of PATH: `python`, `python3`, `pip`, and what is installed."""
        return self.root / "bin"

    def create(self, image: ImagePython, programs: Mapping[str, str] = MappingProxyType({})) -> None:
        """Lay the files down.

        Parameters
        ----------
        image : ImagePython
            The image's own Python.
        programs : mapping of str to str
            Programs of the image, each with the module that it runs.
        """
        packages = self.root / "lib" / f"python{image.version}" / "site-packages"
        packages.mkdir(parents=True)
        self.programs.mkdir()
        home = image.interpreter.parent
        (self.root / "pyvenv.cfg").write_text(f"home = {home}\ninclude-system-site-packages = false\n")
        for name in ("python", "python3", f"python{image.version}"):
            (self.programs / name).symlink_to(image.interpreter)
        (packages / "image.pth").write_text(_path_file(image), encoding="utf-8")
        for name, module in {**programs, **_INSTALLERS}.items():
            self._write_program(name, f"#!/bin/sh\nexec '{self.programs / 'python3'}' -m {module} \"$@\"\n")

    def variables(self, container: Mapping[str, str], server: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Put this Python first in a container's variables, with what this machine needs to install anything.

        Parameters
        ----------
        container : mapping of str to str
            The container's variables so far; they win over the machine's.
        server : mapping of str to str
            The server's own environment.
        """
        settings = {name: value for name, value in server.items() if _INSTALLER_SETTINGS.fullmatch(name)}
        path = os.pathsep.join([str(self.programs), container.get("PATH", os.defpath)])
        return {**settings, **container, "PATH": path, "VIRTUAL_ENV": str(self.root)}

    def _write_program(self, name: str, text: str) -> None:
        program = self.programs / name
        program.write_text(text, encoding="utf-8")
        program.chmod(0o700)


def _path_file(image: ImagePython) -> str:
    """Write the lines that put the image's packages, and their own path files, behind the container's."""
    lines = [f"import site; site.addsitedir({folder!r})" for folder in image.folders]
    return "".join(f"{line}\n" for line in [*lines, *image.bundled_pip])
