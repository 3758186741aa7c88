"""Which work of an earlier job is this job's own: the same code on the same files with the same settings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from .resources import checkpoint_directory

_SOURCE_FOLDER = Path(__file__).parents[2]
_END_BYTES = 2**16


def checkpoint(kind: str, settings: object, files: Iterable[Path]) -> Path:
    """Return the place in the checkpoint folder for what this job, or the same one begun again, counts.

    Parameters
    ----------
    kind : str
        What is kept there; the name begins with it.
    settings : object
        Whatever makes a difference to what is counted; what `repr` says of it.
    files : iterable of Path
        The files of the channels, in order. They are told apart by name, size, and both ends.
    """
    digest = hashlib.sha256(repr(settings).encode())
    for path in files:
        digest.update(f"{path.name} {path.stat().st_size}\n".encode())
        digest.update(_ends(path))
    for path in sorted(_SOURCE_FOLDER.rglob("*.py")):
        digest.update(path.read_bytes())
    return checkpoint_directory() / f"{kind}-{digest.hexdigest()[:16]}"


def _ends(path: Path) -> bytes:
    with path.open("rb") as file:
        first = file.read(_END_BYTES)
        file.seek(max(0, path.stat().st_size - _END_BYTES))
        return first + file.read(_END_BYTES)
