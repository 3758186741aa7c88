"""Finds containers that stand at a breakpoint and connects this terminal to their debugger.

The other end is `containers/inside/stand_ins/local_sagemaker_breakpoint.py`.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local_sagemaker.errors import LocalServerError
from local_sagemaker.state import StateDirectory

_PIECE = 65536
_SILENCE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Breakpoint:
    """Where code stands: in whose container (a path that has the job's or endpoint's name), at which line."""

    owner: str
    place: str
    address: str


def breakpoints(state: StateDirectory, name: str) -> list[Breakpoint]:
    """Find the breakpoints at which containers wait, of jobs, endpoints and models with `name` in their names."""
    return [found for found in _announced(state.work) if name in found.owner]


def _announced(work: Path) -> Iterator[Breakpoint]:
    for folder in sorted(work.rglob("breakpoints")):
        for announcement in sorted(folder.glob("[0-9]*")):
            with contextlib.suppress(FileNotFoundError, ValueError, KeyError):  # it was left, or is no announcement
                said = json.loads(announcement.read_text(encoding="utf-8"))
                yield Breakpoint(str(folder.parent.relative_to(work)), said["place"], said["socket"])


def attach(breakpoint: Breakpoint, source: int, sink: int) -> None:
    """Pass lines from `source` to a debugger and what it says to `sink`, until one of them ends.

    Parameters
    ----------
    breakpoint : Breakpoint
        Where to attach.
    source, sink : int
        File descriptors: a terminal's input and output.

    Raises
    ------
    LocalServerError
        If nobody waits there any more.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(breakpoint.address)
        except OSError as error:
            raise LocalServerError(f"{breakpoint.owner} no longer stands at {breakpoint.place}") from error
        with contextlib.suppress(ConnectionError):
            _converse(connection, source, sink)


def _converse(connection: socket.socket, source: int, sink: int) -> None:
    while True:
        readable, _, _ = select.select([connection.fileno(), source], [], [])
        if connection.fileno() in readable:
            said = connection.recv(_PIECE)
            if not said:
                return None
            os.write(sink, said)
        if source in readable:
            typed = os.read(source, _PIECE)
            if not typed:
                return _leave(connection, sink)
            connection.sendall(typed)


def _leave(connection: socket.socket, sink: int) -> None:
    """Say that nothing more is typed, and pass on what is said to that; code that runs at the moment says nothing."""
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(_SILENCE_SECONDS)
    with contextlib.suppress(TimeoutError):
        while said := connection.recv(_PIECE):
            os.write(sink, said)
