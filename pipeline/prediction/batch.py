"""`batch-transform` of files on this machine: each record gets its category, without an endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from pipeline.aws.session import Session
from pipeline.console import say
from pipeline.data.csv_files import delimiters
from pipeline.data.csv_files.writing import write_records
from pipeline.data.header_block import with_subject
from pipeline.data.staging import one_record
from pipeline.data.tables.bad_records import BadRecords, OnBadRecord
from pipeline.data.tables.rows import Row, Table
from pipeline.errors import BadInput
from pipeline.jobs.staged_parts import PART_BYTES, balanced_part_bytes
from pipeline.prediction.invoke import Prediction
from pipeline.prediction.replaced_file import replacing
from pipeline.prediction.staged_texts import classified


@dataclass(frozen=True, slots=True)
class TextColumns:
    """Where a user's table holds the text, and perhaps a subject."""

    text: str
    subject: str | None = None

    @property
    def names(self) -> list[str]:
        """Both, or the one that there is."""
        return [self.text] if self.subject is None else [self.text, self.subject]


@dataclass(frozen=True, slots=True)
class Tables:
    """Files of the same columns, as one table; each pass over them reads them anew."""

    files: Sequence[Table]
    columns: TextColumns
    on_bad_record: OnBadRecord = OnBadRecord.FAIL

    def __post_init__(self) -> None:
        """Refuse files of different columns: an output has one header."""
        for table in self.files[1:]:
            if table.header != self.header:
                raise BadInput(
                    f"{table.name}: its columns are not those of {self.files[0].name}; classify files of different "
                    f"columns one by one."
                )

    @property
    def header(self) -> list[str]:
        """The columns' names."""
        return self.files[0].header

    @property
    def n_blank(self) -> int:
        """Rows that the last pass left out, as nothing stood in any of their fields."""
        return sum(table.n_blank for table in self.files)

    def rows(self, bad: BadRecords | None = None) -> Iterator[Row]:
        """Yield the records of all files, in order; `bad` takes note of those that cannot be used."""
        bad = bad or BadRecords(self.on_bad_record)
        for table in self.files:
            yield from table.rows(bad)

    def texts(self) -> Iterator[str]:
        """Yield the records' texts, each with its subject in front of it."""
        for table in self.files:
            text = table.column(self.columns.text, "--text-column")
            subject = table.column(self.columns.subject, "--subject-column") if self.columns.subject else None
            for row in table.rows(BadRecords(self.on_bad_record)):
                yield row.fields[text] if subject is None else with_subject(row.fields[subject], row.fields[text])


def transform_tables(session: Session, model_name: str, tables: Tables, output: Path, instances: int = 1) -> int:
    """Classify every record of `tables`; write its own columns plus `category` and `probability` to `output`, rows in
    order. Several instances get as much to do each; the files are read once more for that.

    Returns
    -------
    int
        How many records were classified. `output` appears only when it is complete.

    Raises
    ------
    BadInput
        If a file cannot be read, or `output` cannot be written.
    JobFailed
        If the batch transform failed.
    """
    header = [*tables.header, *_new_columns(tables.header)]
    part_bytes = PART_BYTES
    if instances > 1:
        lengths = (len(one_record(text).encode()) for text in tables.texts())
        part_bytes = balanced_part_bytes(lengths, instances)
    bad = BadRecords(tables.on_bad_record)
    with (
        replacing(output) as file,
        classified(session, model_name, tables.texts(), instances, part_bytes) as predictions,
    ):
        answered = _answered(tables.rows(bad), predictions)
        n_rows = write_records(file, chain([header], answered), delimiters.by_ending(output))
    if tables.n_blank:
        say(f"left out: {tables.n_blank:,} empty {'row' if tables.n_blank == 1 else 'rows'}")
    bad.report()
    return n_rows - 1


def _answered(rows: Iterator[Row], predictions: Iterator[Prediction]) -> Iterator[list[object]]:
    for row, prediction in zip(rows, predictions, strict=True):
        yield [*row.fields, prediction.category, prediction.probability]


def classify(session: Session, model_name: str, texts: Sequence[str]) -> list[Prediction]:
    """Classify `texts` by a batch transform, in order."""
    with classified(session, model_name, iter(texts)) as predictions:
        return list(predictions)


def _new_columns(header: Sequence[str]) -> list[str]:
    """Name the two columns, apart from any that the user's own have taken."""
    names = ["category", "probability"]
    if not set(names) & set(header):
        return names
    names = [f"predicted_{name}" for name in names]
    if set(names) & set(header):
        raise BadInput(
            f"The input has columns named {' and '.join(names)} or like them already; rename them, so that the answers "
            f"have a place."
        )
    say(f"the answers go to {' and '.join(names)}: the input has a column of that name already")
    return names
