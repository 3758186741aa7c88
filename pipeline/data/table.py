"""Reading a user's CSV or TSV: strict, with the file and line in every complaint."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from pipeline.console import say
from pipeline.data.csv_files import delimiters
from pipeline.data.csv_files.opening import form_of, open_text
from pipeline.errors import BadInput


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its fields by the header's order, and the line of the file on which it starts (from 1)."""

    line: int
    fields: list[str]

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands in any field."""
        return not any(map(str.strip, self.fields))


class Table:
    """A file of delimited text with a header line, packed with gzip or not.

    Parameters
    ----------
    path : Path
        The file.
    encoding : str
        How its bytes are to be read; a byte-order mark in the file counts for more.
    delimiter : str or None
        What stands between its fields; None: as Excel's `sep=` line, the file's ending or its header line says.
    wanted : sequence of str
        The columns that will be asked for, by which the delimiter is told.

    Raises
    ------
    BadInput
        If the file is missing, empty, or of a kind that is no CSV.
    """

    def __init__(
        self, path: Path, encoding: str = "utf-8", delimiter: str | None = None, wanted: Sequence[str] = ()
    ) -> None:
        self.path = path
        self._form = form_of(path, encoding)
        if self._form.has_mark and self._form.is_wide:
            say(f"{path}: read as {self._form.encoding.upper()}, as its byte-order mark says")
        csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # the default, 131,072, is shorter than some posts
        usual = delimiters.by_ending(path)
        self.delimiter = delimiter or self._sep_line() or delimiters.by_header(self._try_header, usual, wanted)
        if delimiter is None and self.delimiter != usual:
            say(f"{path}: read with {self._between} between the fields (--delimiter chooses another)")
        self._header = self._first_record(self.delimiter)
        if self._header is None:
            raise BadInput(f"{path}: the file is empty; expected a header line and records.")
        self.header = self._header.fields
        self.n_blank = 0
        """Rows that the last pass over `rows` left out, as nothing stood in any of their fields."""

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
        where = f"{self.path}, line {self._header.line if self._header else 1}"
        if found:
            raise BadInput(
                f"{where}: the header names {quoted(name)} more than once; give the column that you choose with "
                f"{option} a name of its own."
            )
        raise BadInput(
            f"{where}: there is no column {name!r}. The columns are {self._named_columns()}; choose one with {option}."
        )

    def rows(self) -> Iterator[Row]:
        """Yield the records after the header; lines with nothing on them, and rows with nothing in any of their
        fields, are skipped.

        Raises
        ------
        BadInput
            At the first record with too many or too few fields, an open quote, or bytes that are not of the encoding.
        """
        self.n_blank = 0
        records = self._records(self.delimiter)
        next(row for row in records if not row.is_blank)
        for row in records:
            if row.is_blank and (len(self.header) > 1 or len(row.fields) > 1):
                self.n_blank += 1
                continue
            if len(row.fields) != len(self.header):
                raise BadInput(
                    f"{self.path}, line {row.line}: {len(row.fields)} fields where the header has {len(self.header)}. "
                    f"Put fields that hold {self._between}, quotes or newlines in double quotes, and "
                    f"double the quotes inside them."
                )
            yield row

    @property
    def _between(self) -> str:
        return delimiters.NAMES.get(self.delimiter, repr(self.delimiter))

    def _named_columns(self) -> str:
        names = [quoted(name) for name in self.header if name]
        nameless = len(self.header) - len(names)
        listed = ", ".join(names) + (f" and {nameless} without a name" if nameless else "")
        return listed if len(self.header) > 1 else f"{listed} (no {self._between} in it; --delimiter chooses another)"

    def _sep_line(self) -> str | None:
        with open_text(self.path, self._form) as file:
            return delimiters.from_sep_line(file.readline())

    def _first_record(self, delimiter: str) -> Row | None:
        return next((row for row in self._records(delimiter) if not row.is_blank), None)

    def _try_header(self, delimiter: str) -> Sequence[str] | None:
        try:
            header = self._first_record(delimiter)
        except _NotCsv:
            return None
        return header.fields if header else None

    def _records(self, delimiter: str) -> Iterator[Row]:
        with open_text(self.path, self._form) as file:
            first = file.readline()
            is_sep_line = delimiters.from_sep_line(first) is not None
            reader = csv.reader(file if is_sep_line else chain([first], file), delimiter=delimiter, strict=True)
            skipped = int(is_sep_line)
            line = skipped + 1
            try:
                for fields in reader:
                    if fields:
                        yield Row(line, fields)
                    line = skipped + reader.line_num + 1
            except csv.Error as error:
                raise _NotCsv(
                    f"{self.path}, in the record that starts on line {line}: {error}. Is a double quote not "
                    f"closed or not doubled?"
                ) from error


class _NotCsv(BadInput):
    """A record breaks the rules of quoting."""


def quoted(name: str) -> str:
    """Return a column's name as messages show it: in quotes where it would not be seen whole without them."""
    return name if re.fullmatch(r"[^\s,;|'\"]+", name) else repr(name)
