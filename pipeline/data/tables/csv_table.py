"""Reading a user's CSV or TSV: strict, with the file and line in every complaint."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.console import say
from pipeline.data.csv_files import delimiters
from pipeline.data.csv_files.opening import form_of, open_text
from pipeline.data.tables.bad_records import BadRecords
from pipeline.data.tables.csv_lines import BAD_BYTE, RecordLines
from pipeline.data.tables.rows import Row, Table
from pipeline.errors import BadInput


class CsvTable(Table):
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
    name : str, optional
        What messages call the file.

    Raises
    ------
    BadInput
        If the file is missing, empty, or of a kind that is no CSV.
    """

    def __init__(
        self,
        path: Path,
        encoding: str = "utf-8",
        delimiter: str | None = None,
        wanted: Sequence[str] = (),
        name: str | None = None,
    ) -> None:
        self.path = path
        self.name = name or str(path)
        self._lines: RecordLines | None = None
        self._form = form_of(path, encoding)
        if self._form.has_mark and self._form.is_wide:
            say(f"{self.name}: read as {self._form.encoding.upper()}, as its byte-order mark says")
        csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # the default, 131,072, is shorter than some posts
        usual = delimiters.by_ending(path)
        self.delimiter = delimiter or self._sep_line() or delimiters.by_header(self._try_header, usual, wanted)
        if delimiter is None and self.delimiter != usual:
            say(f"{self.name}: read with {self._between} between the fields (--delimiter chooses another)")
        header = self._first_record(self.delimiter)
        if header is not None and BAD_BYTE.search("".join(header.fields)):
            header = next(self._records(self.delimiter, BadRecords()))  # which says what is wrong
        if header is None:
            raise BadInput(f"{self.name}: the file is empty; expected a header line and records.")
        super().__init__(path, header.fields, self.name, f"{self.name}, line {header.line}")
        self._size = max(1, path.stat().st_size)

    def rows(self, bad: BadRecords | None = None) -> Iterator[Row]:
        bad = bad or BadRecords()
        self.n_blank = 0
        records = self._records(self.delimiter, bad)
        next(row for row in records if not row.is_blank)
        n_columns = len(self.header)
        for row in records:
            if row.is_blank and (n_columns > 1 or len(row.fields) > 1):
                self.n_blank += 1
            elif len(row.fields) != n_columns:
                found = f"{len(row.fields)} field{'s' if len(row.fields) > 1 else ''}"
                bad.add(
                    f"{self.place(row)}: {found} where the header has {n_columns}. Put fields that "
                    f"hold {self._between}, quotes or newlines in double quotes, and double the quotes inside them."
                )
            else:
                yield row

    @property
    def share_read(self) -> float:
        return self._lines.n_bytes_read / self._size if self._lines else 0.0

    @property
    def _between(self) -> str:
        return delimiters.NAMES.get(self.delimiter, repr(self.delimiter))

    def _named_columns(self) -> str:
        listed = super()._named_columns()
        return listed if len(self.header) > 1 else f"{listed} (no {self._between} in it; --delimiter chooses another)"

    def _sep_line(self) -> str | None:
        with open_text(self.path, self._form, keeps_bad_bytes=True) as file:
            return delimiters.from_sep_line(file.readline())

    def _first_record(self, delimiter: str) -> Row | None:
        """Read the header; bytes further on that are not of the encoding are the affair of the pass that meets them."""
        records = self._records(delimiter, BadRecords(), keeps_bad_bytes=True)
        return next((row for row in records if not row.is_blank), None)

    def _try_header(self, delimiter: str) -> Sequence[str] | None:
        try:
            header = self._first_record(delimiter)
        except _NotCsv:
            return None
        return header.fields if header else None

    def _records(self, delimiter: str, bad: BadRecords, keeps_bad_bytes: bool = False) -> Iterator[Row]:
        with open_text(self.path, self._form, keeps_bad_bytes or bad.skips) as file:
            lines = self._lines = RecordLines(file, keeps_record=bad.skips)
            if delimiters.from_sep_line(lines.peek()) is not None:
                next(lines)
            lines.begin_record()
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            while True:
                start = lines.start
                try:
                    fields = next(reader, None)
                except csv.Error as error:
                    self._refuse(start, error, bad)
                    lines.go_on_behind_first()
                    continue
                if fields is None:
                    return
                if lines.has_bad_bytes:
                    bad.add(f"{self.name}, line {start}: not {self._form.encoding}.")
                elif fields:
                    yield Row(start, fields)
                lines.begin_record()

    def _refuse(self, line: int, error: csv.Error, bad: BadRecords) -> None:
        message = (
            f"{self.name}, in the record that starts on line {line}: {error}. Is a double quote not "
            f"closed or not doubled?"
        )
        if not bad.skips:
            raise _NotCsv(message) from error
        bad.add(message)


class _NotCsv(BadInput):
    """A record breaks the rules of quoting."""
