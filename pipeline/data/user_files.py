"""Anybody's tables of texts and labels as a data set: read once, from beginning to end, and never held as a whole."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

from pipeline.console import rate
from pipeline.data.csv_files.delimiters import named_delimiter
from pipeline.data.dataset import Dataset, Summary
from pipeline.data.header_block import with_subject
from pipeline.data.splitting import test_share
from pipeline.data.spool import Spool
from pipeline.data.tables.bad_records import BadRecords, OnBadRecord
from pipeline.data.tables.files import InputFile
from pipeline.data.tables.opening import open_table
from pipeline.data.tables.rows import Row, Table, quoted
from pipeline.errors import BadInput


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of the files hold what."""

    text: str
    label: str
    subject: str | None = None

    @property
    def names(self) -> list[str]:
        """All of them."""
        return [self.text, self.label, *([] if self.subject is None else [self.subject])]


@dataclass(frozen=True, slots=True)
class FileOptions:
    """How the user says that the files are to be read."""

    encoding: str = "utf-8"
    delimiter: str | None = None
    """As given with `--delimiter`; None: each file is looked at."""
    on_bad_record: OnBadRecord = OnBadRecord.FAIL


@dataclass(frozen=True, slots=True)
class UserFiles(Dataset):
    """Files of the same columns; the test split is other files, or a stratified share of these.

    Labels may be anything: they are taken as text, and the distinct ones, sorted, are the categories. Records without
    a text are left out and counted.
    """

    name: str
    files: Sequence[InputFile]
    columns: Columns
    test_files: Sequence[InputFile] = ()
    """None: a share of `files`."""
    test_fraction: float = 0.2
    options: FileOptions = field(default_factory=FileOptions)

    def write(self, train: Path, test: Path) -> Summary:
        left_out: Counter[str] = Counter({"records without a text": 0, "empty rows": 0})
        bad = BadRecords(self.options.on_bad_record)
        with closing(Spool(train.parent)) as spool:
            self._read(self.files, spool, left_out, bad)
            names = self._names(spool)
            if not self.test_files:
                chosen = test_share(spool.labels(names), self.test_fraction)
                counts = spool.write([train, test], chosen, names)
            else:
                counts = spool.write([train], np.zeros(len(spool), dtype=np.bool_), names)
                counts += self._write_test(test, names, left_out, bad)
        bad.report()
        if bad.count:
            left_out["bad records"] = bad.count
        return Summary(self.name, names, counts[0], counts[1], dict(left_out))

    def _names(self, spool: Spool) -> list[str]:
        names = sorted(spool.categories, key=_in_natural_order)
        if len(names) < 2:
            raise BadInput(
                f"{_shown(self.files)}: the column {self.columns.label!r} holds {len(names)} distinct labels; a "
                f"classifier needs two or more."
            )
        return names

    def _write_test(
        self, path: Path, names: list[str], left_out: Counter[str], bad: BadRecords
    ) -> list[Mapping[str, int]]:
        with closing(Spool(path.parent)) as spool:
            self._read(self.test_files, spool, left_out, bad)
            if unknown := sorted(set(spool.categories) - set(names)):
                raise BadInput(
                    f"{_shown(self.test_files)}: the labels {', '.join(map(quoted, unknown[:5]))} never occur in "
                    f"{_shown(self.files)}, so nothing can learn them."
                )
            return spool.write([path], np.zeros(len(spool), dtype=np.bool_), names)

    def _read(self, files: Sequence[InputFile], spool: Spool, left_out: Counter[str], bad: BadRecords) -> None:
        total, done = max(1, sum(file.size for file in files)), 0
        with rate("reading") as read:
            for file in files:
                with file.here() as path:
                    table = open_table(path, self.options.encoding, self._delimiter, self.columns.names, file.name)
                    for text, subject, category in self._records(table, left_out, bad):
                        spool.add(text, subject, category)
                        if read.is_due(len(spool)):
                            read.show(len(spool), (done + table.share_read * file.size) / total)
                done += file.size
                left_out["empty rows"] += table.n_blank
        if not len(spool):
            raise BadInput(f"{_shown(files)}: there is no record with a text in the column {self.columns.text!r}.")

    @property
    def _delimiter(self) -> str | None:
        return named_delimiter(self.options.delimiter)

    def _records(self, table: Table, left_out: Counter[str], bad: BadRecords) -> Iterator[tuple[str, str, str]]:
        columns = self.columns
        text_at, label_at = table.column(columns.text, "--text-column"), table.column(columns.label, "--label-column")
        subject_at = table.column(columns.subject, "--subject-column") if columns.subject else None
        for row in table.rows(bad):
            if not (category := row.fields[label_at].strip()):
                bad.add(_without_label(table, row, columns.label))
                continue
            text, subject = row.fields[text_at], "" if subject_at is None else row.fields[subject_at].strip()
            if text.strip() or subject:
                yield with_subject(subject, text), subject, " ".join(category.split())
            else:
                left_out["records without a text"] += 1


def _without_label(table: Table, row: Row, column: str) -> str:
    return f"{table.place(row)}: no label in the column {column!r}. Give the record a label, or take it out."


def _shown(files: Sequence[InputFile]) -> str:
    others = f" and {len(files) - 1:,} more files" if len(files) > 1 else ""
    return f"{files[0].name}{others}"


def name_of(given: Sequence[str]) -> str:
    """Name a data set by what the user gave: a file's name, or a folder's."""
    others = f" and {len(given) - 1} more" if len(given) > 1 else ""
    return f"{PurePosixPath(given[0]).name}{others}"


def _in_natural_order(name: str) -> tuple[bool, float, str]:
    """Sort labels that are numbers by their value, before all others; `nan` is none, as it has no place in an order."""
    try:
        number = float(name)
    except ValueError:
        number = math.nan
    return (False, number, name) if math.isfinite(number) else (True, 0.0, name)
