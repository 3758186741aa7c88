"""The options of commands that read files of records."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import click


class InputFiles(click.ParamType[str]):
    """A file, a folder or an `s3://` prefix; the environment's variable may name several, as in a shell."""

    name = "path"

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """Cut at blanks, unless the whole names something that is there, or none of the pieces does."""
        try:
            pieces = shlex.split(rv)
        except ValueError:  # a quote that is not closed is part of a name
            return [rv]
        if Path(rv).exists() or not any(_may_be_there(piece) for piece in pieces):
            return [rv]
        return pieces


def _may_be_there(piece: str) -> bool:
    return piece.startswith("s3://") or Path(piece).exists()


INPUT_FILES = InputFiles()

ON_BAD_RECORD = click.option(
    "--on-bad-record",
    type=click.Choice(["fail", "skip"]),
    default="fail",
    envvar="ON_BAD_RECORD",
    show_default=True,
    help="What a record that cannot be used does: end the command, or be left out, counted and named.",
)
