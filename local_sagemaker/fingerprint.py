"""Which code of the local SageMaker lies here: a server goes on with what it was started with, whatever comes after."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent
_ENDINGS = (".py", ".toml", ".yaml")


def facts() -> dict[str, str]:
    """Return what tells the package's files apart from others, as they are now: by their contents, and sooner.

    The times say at once that nothing has changed, as a command asks each time; where they differ, the contents decide.
    """
    return {"files": _digest(_times()), "contents": _digest(_contents())}


def is_todays(served: Mapping[str, Any]) -> bool:
    """Tell whether a server's facts are those of the files that lie here.

    Parameters
    ----------
    served : mapping
        `facts` as the server had them when it was started; empty for one that does not say them.
    """
    return served.get("files") == _digest(_times()) or served.get("contents") == _digest(_contents())


def _times() -> Iterator[str]:
    for entry in _entries(str(_PACKAGE)):
        found = entry.stat()
        yield f"{entry.path} {found.st_mtime_ns} {found.st_size}"


def _contents() -> Iterator[str]:
    for entry in _entries(str(_PACKAGE)):
        content = hashlib.sha256(Path(entry.path).read_bytes()).hexdigest()
        yield f"{os.path.relpath(entry.path, _PACKAGE)} {content}"


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(_ENDINGS):
                yield entry
            elif entry.is_dir(follow_symlinks=False):
                yield from _entries(entry.path)


def _digest(lines: Iterator[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]
