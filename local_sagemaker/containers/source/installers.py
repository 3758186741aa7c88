"""The two package installers, pip and uv: what they would add to this Python, and adding it to a folder instead.

A plain `install --target` would fetch everything anew, scikit-learn and NumPy included, and put other versions of them
in front. So the installer is first asked what is missing (a dry run), and only that is installed, as in the image.
"""

from __future__ import annotations

import importlib.util
import json
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from local_sagemaker.containers.errors import ContainerFailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILE = "requirements.txt"

NOT_FOR_PINS = ("-r", "--requirement", "-c", "--constraint", "-e", "--editable", "--require-hashes")
"""Options of a requirements file that do not concern packages whose versions are settled."""


class Installer(Protocol):
    """How to call an installer; both run within the source folder."""

    def plan(self, report: Path) -> list[str]:
        """Make the command that finds out what `requirements.txt` lacks."""

    def missing(self, report: Path, said: Sequence[str]) -> list[str]:
        """Read what that command found out: `name==version`, or `name @ URL`."""

    def install(self, packages: Sequence[str], options: Sequence[str], target: Path) -> list[str]:
        """Make the command that installs packages, without what they depend on, into a folder."""


def installer(environment: Mapping[str, str], python: str) -> Installer:
    """Choose pip where the Python has it, else uv.

    Raises
    ------
    ContainerFailed
        If there is neither.
    """
    if has_pip(python):
        return Pip(python)
    uv = shutil.which("uv")
    if uv is None:
        raise ContainerFailed(f"{FILE} could not be installed: the Python has no pip, and uv is not on PATH")
    return Uv(uv, python, environment.get("PIP_NO_INDEX", "0") not in ("", "0", "false"))


def has_pip(python: str) -> bool:
    """Whether pip is among an interpreter's packages."""
    if python == sys.executable:
        return importlib.util.find_spec("pip") is not None
    return any(Path(python).parents[1].glob("lib/python*/site-packages/pip/__main__.py"))


def options(requirements: str) -> list[str]:
    """The options of a requirements file that say where packages come from."""
    lines = (shlex.split(line, comments=True) for line in requirements.split("\n") if line.startswith("-"))
    return [part for line in lines if not line[0].startswith(NOT_FOR_PINS) for part in line]


@dataclass(frozen=True, slots=True)
class Pip:
    """pip, which writes what it would install into a JSON report."""

    python: str

    def plan(self, report: Path) -> list[str]:
        return [*self._install, "--dry-run", "--report", str(report), "-r", FILE]

    def missing(self, report: Path, said: Sequence[str]) -> list[str]:
        return [self._pin(entry) for entry in json.loads(report.read_text(encoding="utf-8"))["install"]]

    def install(self, packages: Sequence[str], options: Sequence[str], target: Path) -> list[str]:
        return [*self._install, "--no-deps", "--target", str(target), *options, *packages]

    @property
    def _install(self) -> list[str]:
        return [self.python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]

    def _pin(self, entry: Mapping[str, Any]) -> str:
        name, version = entry["metadata"]["name"], entry["metadata"]["version"]
        if not entry["is_direct"]:
            return f"{name}=={version}"
        source = entry["download_info"]
        repository = source.get("vcs_info")
        if repository is None:
            return f"{name} @ {source['url']}"
        return f"{name} @ {repository['vcs']}+{source['url']}@{repository['commit_id']}"


@dataclass(frozen=True, slots=True)
class Uv:
    """uv, which says what it would install in lines that begin with a plus sign. It knows none of pip's variables."""

    path: str
    python: str
    no_index: bool

    def plan(self, report: Path) -> list[str]:
        return [*self._install, "--dry-run", "-r", FILE]

    def missing(self, report: Path, said: Sequence[str]) -> list[str]:
        return [line.removeprefix(" + ") for line in said if line.startswith(" + ")]

    def install(self, packages: Sequence[str], options: Sequence[str], target: Path) -> list[str]:
        return [*self._install, "--no-deps", "--target", str(target), *options, *packages]

    @property
    def _install(self) -> list[str]:
        no_index = ["--no-index"] if self.no_index else []
        return [self.path, "pip", "install", "--color", "never", "--python", self.python, *no_index]
