"""What stands between a file's fields: as named, as Excel's `sep=` line says, or as its header line shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.errors import BadInput

NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
"""The delimiters that are told by themselves, and what messages call them."""

_WORDS = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|", "bar": "|"}
_SEP_LINE = re.compile(r'"?sep=(.)"?\r?\n?', re.IGNORECASE)


def named_delimiter(option: str | None) -> str | None:
    """Read what the user gave with `--delimiter`: a character, or a word for one.

    Raises
    ------
    BadInput
        If it is neither.
    """
    if option is None:
        return None
    delimiter = _WORDS.get(option.lower(), option)
    if len(delimiter) != 1 or delimiter in '"\r\n\0':
        raise BadInput(f"--delimiter {option!r}: give one character, or comma, semicolon, tab or pipe.")
    return delimiter


def from_sep_line(line: str) -> str | None:
    """Return the delimiter that a first line such as `sep=;` names, which Excel reads and hides."""
    match = _SEP_LINE.fullmatch(line)
    return match[1] if match else None


def by_ending(path: Path) -> str:
    """Return the delimiter that a file's name promises: tabs for `.tsv` and `.tab`, packed or not; else commas."""
    endings = [ending.lower() for ending in path.suffixes[-2:]]
    if endings[-1:] == [".gz"]:
        endings.pop()
    return "\t" if endings[-1:] in ([".tsv"], [".tab"]) else ","


def by_header(header: Callable[[str], Sequence[str] | None], usual: str, wanted: Sequence[str]) -> str:
    """Tell the delimiter by the header line: the first that puts every wanted column into it.

    Parameters
    ----------
    header : callable
        The header line's fields when read with a delimiter, None where they cannot be read so.
    usual : str
        The delimiter to try first.
    wanted : sequence of str
        The names of the columns that are to be found.

    Returns
    -------
    str: where none does, `usual`; or, if that leaves the header in one piece, the one that makes the most of it, so
    that a message can list the columns.
    """
    found = {delimiter: names for delimiter in dict.fromkeys([usual, *NAMES]) if (names := header(delimiter))}
    for delimiter, names in found.items():
        if all(positions(names, name) for name in wanted):
            return delimiter
    if not found or len(found.get(usual, ())) > 1:
        return usual
    return max(found, key=lambda delimiter: len(found[delimiter]))


def positions(header: Sequence[str], name: str) -> list[int]:
    """Return where a column stands; blanks around its name matter only where two names differ by them."""
    exact = [place for place, column in enumerate(header) if column == name]
    return exact or [place for place, column in enumerate(header) if column.strip() == name.strip()]
