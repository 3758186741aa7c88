"""The peers' environments, `.bench/<peer>/`: each peer is installed into its own, once for each state of its pins."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.container_sources import CHECKOUT
from tests.image import build

WORK = CHECKOUT / ".bench"


@dataclass(frozen=True, slots=True)
class Peer:
    """Something to be compared with: its pins, and the Python that it runs on."""

    name: str
    python: str
    requirements: tuple[str, ...]

    @property
    def directory(self) -> Path:
        return WORK / self.name

    @property
    def executable(self) -> Path:
        """The interpreter of its environment."""
        return self.directory / "bin" / "python"


MLSERVER = Peer("mlserver", "3.12", ("mlserver==1.7.1", "scikit-learn==1.9.0"))
BENTOML = Peer("bentoml", "3.12", ("bentoml==1.4.40", "scikit-learn==1.9.0"))
FASTTEXT = Peer("fasttext", "3.11", ("fasttext-wheel==0.9.2", "numpy<2"))


class PeerMissing(Exception):
    """A peer cannot be installed here; the message says why."""


def make(peer: Peer) -> None:
    """Install a peer, if it is not there yet.

    Raises
    ------
    PeerMissing
        If its Python is not there, or the install fails.
    """
    python = next(_pythons(peer.python), None)
    if python is None:
        raise PeerMissing(f"{peer.name}: no Python {peer.python} was found here")
    stamp, state = peer.directory / "stamp", hashlib.sha256(f"{python} {peer.requirements}".encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == state:
        return
    print(f"installing {peer.name} into {peer.directory.relative_to(CHECKOUT)} ...", flush=True)
    shutil.rmtree(peer.directory, ignore_errors=True)
    pip = [str(peer.executable), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--timeout", "30"]
    for command in ([python, "-m", "venv", str(peer.directory)], [*pip, *peer.requirements]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip() or "no reason given").splitlines()[-1]
            raise PeerMissing(f"{peer.name}: it could not be installed: {reason}")
    stamp.write_text(state)


def _pythons(version: str) -> Iterator[str]:
    """Yield the interpreters of a version: on PATH, pyenv's, and the one that the image's environment was made with."""
    candidates = [shutil.which(f"python{version}")]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates += [str(path) for path in sorted(pyenv.glob(f"versions/{version}*/bin/python{version}"), reverse=True)]
    if version == "3.12":
        candidates.insert(0, build.find_python())
    check = f"import sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != {version!r})"
    for candidate in candidates:
        if candidate and subprocess.run([candidate, "-c", check], capture_output=True, check=False).returncode == 0:
            yield candidate


def version(executable: Path, package: str) -> str:
    """Return which version of a package an environment holds."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
