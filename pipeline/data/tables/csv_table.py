"""Reading a user's CSV or TSV: strict, with the file and line in every complaint."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TextIO

from pipeline.console import say
from pipeline.data.csv_files import delimiters
from pipeline.data.csv_files.opening import form_of, open_text
from pipeline.data.tables.bad_records import BadRecords
from pipeline.data.tables.csv_lines import BAD_BYTE, RecordLines
from pipeline.data.tables.rows import Row, Table
from pipeline.errors import BadInput

LONGEST_FIELD = 2**27
"""Characters. Python's own limit, 131,072, is shorter than some posts; without any, an open quote takes a file of any
size into memory. No longer text can be classified: SageMaker takes 100 MB at a time."""


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
        self._file: TextIO | None = None
        self._form = form_of(path, encoding)
        if self._form.has_mark and self._form.is_wide:
            say(f"{self.name}: read as {self._form.encoding.upper()}, as its byte-order mark says")
        csv.field_size_limit(LONGEST_FIELD)
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
        return os.lseek(self._file.fileno(), 0, os.SEEK_CUR) / self._size if self._file else 0.0

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
            self._file = file
            try:
                first = file.readline()
                is_sep_line = delimiters.from_sep_line(first) is not None
                lines = file if is_sep_line or not first else chain([first], file)
                read = self._skipping if bad.skips else self._strictly
                yield from read(lines, 2 if is_sep_line else 1, delimiter, bad)
            finally:
                self._file = None  # even closed it keeps its buffers, and there may be thousands of tables

    def _strictly(self, lines: Iterable[str], first: int, delimiter: str, bad: BadRecords) -> Iterator[Row]:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        while True:
            start = first + reader.line_num
            try:
                fields = next(reader, None)
            except csv.Error as error:
                raise _NotCsv(self._not_csv(start, error)) from error
            if fields is None:
                return
            if fields:
                yield Row(start, fields)

    def _skipping(self, lines: Iterable[str], first: int, delimiter: str, bad: BadRecords) -> Iterator[Row]:
        """Read as `_strictly` does, line by line in Python, so as to go on behind the first line of a bad record."""
        record = RecordLines(lines, first)
        reader = csv.reader(record, delimiter=delimiter, strict=True)
        while True:
            start = record.start
            try:
                fields = next(reader, None)
            except csv.Error as error:
                bad.add(self._not_csv(start, error))
                record.go_on_behind_first()
                continue
            if fields is None:
                return
            if record.has_bad_bytes:
                bad.add(f"{self.name}, line {start}: not {self._form.encoding}.")
            elif fields:
                yield Row(start, fields)
            record.begin_record()

    def _not_csv(self, line: int, error: csv.Error) -> str:
        return (
            f"{self.name}, in the record that starts on line {line}: {error}. Is a double quote not "
            f"closed or not doubled?"
        )


class _NotCsv(BadInput):
    """A record breaks the rules of quoting."""
