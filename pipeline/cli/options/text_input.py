"""One text, from where the user put it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec

import click

from pipeline.cli.group import PATH
from pipeline.errors import BadInput

P = ParamSpec("P")


def text_options(command: Callable[P, Any]) -> Callable[P, Any]:
    """Give a command the ways to hand it one text."""
    for option in (
        click.option("--stdin", "from_stdin", is_flag=True, help="Take the text from standard input."),
        click.option("--file", "path", type=PATH, help="Take the text from a file (UTF-8)."),
        click.argument("text", envvar="TEXT", required=False),
    ):
        command = option(command)
    return command


def given_text(text: str | None, path: Path | None, from_stdin: bool) -> str:
    """Take the text from where the user put it; an explicit option wins over the environment's TEXT."""
    if path is not None and from_stdin:
        raise click.UsageError("Give --file or --stdin, not both.")
    if from_stdin:
        return _decoded(sys.stdin.buffer.read(), "standard input")
    if path is not None:
        try:
            return _decoded(path.read_bytes(), str(path))
        except OSError as error:
            raise BadInput(f"{path}: {error.strerror}.") from error
    if text is None:
        raise click.UsageError('There is no text. Give one: TEXT="..." after make, or an argument, --file or --stdin.')
    return text


def _decoded(content: bytes, where: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{where}: byte {error.start} is not UTF-8. Convert the text first, for example with iconv."
        ) from error
