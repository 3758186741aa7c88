"""Puts the answers of an object's requests together into its output file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path


class AssembleWith(StrEnum):
    """What stands after each request's answer: nothing, or a newline."""

    NONE = "None"
    LINE = "Line"


class Assembly:
    """One output file while it grows; outputs come in the order of their requests.

    `AssembleWith=Line` adds a newline after every answer, whatever it ends in, so an answer that brings its own final
    newline leaves an empty line.
    """

    def __init__(self, path: Path, assemble_with: AssembleWith) -> None:
        self.path = path
        self._after = b"\n" if assemble_with is AssembleWith.LINE else b""
        path.touch()

    def add(self, output: bytes) -> None:
        """Append the output of the next request."""
        with self.path.open("ab") as file:
            file.write(output)
            file.write(self._after)


def output_key(relative_key: str) -> str:
    """Name the output of an input, as a key below `S3OutputPath`."""
    return f"{relative_key}.out"
