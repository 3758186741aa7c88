"""What every kind of table is made of: a header, and rows that know their place in the file."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.data.csv_files import delimiters
from pipeline.data.tables.bad_records import BadRecords
from pipeline.errors import BadInput


class Row(NamedTuple):
    """One record: its fields by the header's order, and where it starts, the line of a CSV or the row of a Parquet file
    (from 1).
    """

    line: int
    fields: list[str]

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands in any field."""
        return not any(map(str.strip, self.fields))


class Table(ABC):
    """A file of named columns, read from its beginning to its end as often as one likes, holding some rows at a time.

    Parameters
    ----------
    path : Path
        The file.
    header : sequence of str
        The columns' names.
    name : str
        What messages call the file.
    header_place : str
        Where the names stand, for messages.
    """

    unit = "line"
    """What messages count a file's records by."""

    def __init__(self, path: Path, header: Sequence[str], name: str, header_place: str) -> None:
        self.path = path
        self.name = name
        self.header = list(header)
        self._header_place = header_place
        self.n_blank = 0
        """Rows that the last pass over `rows` left out, as nothing stood in any of their fields."""

    @abstractmethod
    def rows(self, bad: BadRecords | None = None) -> Iterator[Row]:
        """Yield the records; rows with nothing in any of their fields are left out.

        Parameters
        ----------
        bad : BadRecords, optional
            Takes note of what is no record; without it, the first one raises.

        Raises
        ------
        BadInput
            At the first bad record, unless `bad` skips them; and if the file itself is damaged.
        """

    @property
    @abstractmethod
    def share_read(self) -> float:
        """How much of the file the pass under way has read, from 0 to 1."""

    def place(self, row: Row) -> str:
        """Say where a row is, for messages."""
        return f"{self.name}, {self.unit} {row.line}"

    def column(self, name: str, option: str) -> int:
        """Return the position of a column that the user named with `option`.

        Raises
        ------
        BadInput
            If there is no such column, or several; the message lists those that there are.
        """
        found = delimiters.positions(self.header, name)
        if len(found) == 1:
            return found[0]
        if found:
            raise BadInput(
                f"{self._header_place}: the header names {quoted(name)} more than once; give the column that you "
                f"choose with {option} a name of its own."
            )
        raise BadInput(
            f"{self._header_place}: there is no column {name!r}. The columns are {self._named_columns()}; choose one "
            f"with {option}."
        )

    def _named_columns(self) -> str:
        names = [quoted(name) for name in self.header if name]
        nameless = len(self.header) - len(names)
        return ", ".join(names) + (f" and {nameless} without a name" if nameless else "")


def quoted(name: str) -> str:
    """Return a column's name as messages show it: in quotes where it would not be seen whole without them."""
    return name if re.fullmatch(r"[^\s,;|'\"]+", name) else repr(name)
