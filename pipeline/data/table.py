"""Reading a user's CSV or TSV: strict, with the file and line in every complaint."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import BadInput


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its fields by the header's order, and the line of the file on which it starts (from 1)."""

    line: int
    fields: list[str]


class Table:
    """A CSV (or, by the ending `.tsv` or `.tab`, tab-separated) file with a header line.

    Parameters
    ----------
    path : Path
        The file.
    encoding : str
        How its bytes are to be read; a UTF-8 byte-order mark is skipped.

    Raises
    ------
    BadInput
        If the file is missing or empty, or its header names a column twice.
    """

    def __init__(self, path: Path, encoding: str = "utf-8") -> None:
        self.path = path
        self._encoding = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
        self.delimiter = "\t" if path.suffix.lower() in (".tsv", ".tab") else ","
        csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # the default, 131,072, is shorter than some posts
        header = next(self._records(), None)
        if header is None:
            raise BadInput(f"{path}: the file is empty; expected a header line and records.")
        self.header = header.fields
        twice = {name for name in self.header if self.header.count(name) > 1}
        if twice:
            raise BadInput(
                f"{path}, line 1: the header names {', '.join(sorted(twice))} more than once; give each column "
                f"its own name."
            )

    def column(self, name: str, option: str) -> int:
        """Return the position of a column that the user named with `option`.

        Raises
        ------
        BadInput
            If there is no such column; the message lists those that there are.
        """
        if name not in self.header:
            raise BadInput(
                f"{self.path}, line 1: there is no column {name!r}. The columns are {', '.join(self.header)}; "
                f"choose one with {option}."
            )
        return self.header.index(name)

    def rows(self) -> Iterator[Row]:
        """Yield the records after the header; lines with nothing on them are skipped.

        Raises
        ------
        BadInput
            At the first record with too many or too few fields, an open quote, or bytes that are not of the encoding.
        """
        records = self._records()
        next(records)
        for row in records:
            if len(row.fields) != len(self.header):
                raise BadInput(
                    f"{self.path}, line {row.line}: {len(row.fields)} fields where the header has {len(self.header)}. "
                    f"Put fields that hold {self._named_delimiter}, quotes or newlines in double quotes, and "
                    f"double the quotes inside them."
                )
            yield row

    @property
    def _named_delimiter(self) -> str:
        return "tabs" if self.delimiter == "\t" else "commas"

    def _records(self) -> Iterator[Row]:
        try:
            with self.path.open(encoding=self._encoding, newline="") as file:
                reader = csv.reader(file, delimiter=self.delimiter, strict=True)
                line = 1
                try:
                    for fields in reader:
                        if fields:
                            yield Row(line, fields)
                        line = reader.line_num + 1
                except csv.Error as error:
                    raise BadInput(
                        f"{self.path}, in the record that starts on line {line}: {error}. Is a double quote not "
                        f"closed or not doubled?"
                    ) from error
        except UnicodeDecodeError as error:
            raise BadInput(
                f"{self.path}{self._line_of_bad_bytes()}: not {error.encoding} ({error.reason}). Name the "
                f"file's encoding with --encoding, for example latin-1."
            ) from error
        except UnicodeError as error:  # of UTF-16 and UTF-32 without their mark
            raise BadInput(
                f"{self.path}: {error}. Name the file's encoding with --encoding, for example utf-8."
            ) from error
        except LookupError as error:
            raise BadInput(f"--encoding: {error}.") from error
        except OSError as error:
            raise BadInput(f"{self.path}: {error.strerror}.") from error

    def _line_of_bad_bytes(self) -> str:
        """Find the first line that does not decode (the text layer reads ahead, so its own position says little)."""
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    line.decode(self._encoding)
                except UnicodeDecodeError:
                    return f", line {number}"
        return ""
