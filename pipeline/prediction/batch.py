"""`batch-transform`: classify a local CSV or TSV, or headerless CSVs below an S3 prefix, without an endpoint."""

from __future__ import annotations

import fcntl
import glob
import gzip
import json
import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import IO, TextIO, cast

from pipeline.artefacts import runs
from pipeline.aws.session import Session
from pipeline.aws.storage import Location, download, keys
from pipeline.console import progress, say
from pipeline.data.csv_files import delimiters
from pipeline.data.csv_files.writing import write_records
from pipeline.data.header_block import with_subject
from pipeline.data.staging import one_record
from pipeline.data.table import Table
from pipeline.errors import BadInput, PipelineError
from pipeline.jobs.staged_parts import PART_BYTES, balanced_part_bytes, payload_mb, split_into_parts
from pipeline.jobs.transform_job import TransformJobRequest, run_transform
from pipeline.prediction.invoke import Prediction

JSON_LINES = "application/jsonlines"


@dataclass(frozen=True, slots=True)
class TextColumns:
    """Where a user's table holds the text, and perhaps a subject."""

    text: str
    subject: str | None = None

    @property
    def names(self) -> list[str]:
        """Both, or the one that there is."""
        return [self.text] if self.subject is None else [self.text, self.subject]


def transform_table(
    session: Session, model_name: str, table: Table, columns: TextColumns, output: Path, instances: int = 1
) -> int:
    """Classify every record of `table`; write its own columns plus `category` and `probability` to `output`, rows in
    order. Several instances get as much to do each; the table is read once more for that.

    Returns
    -------
    int
        How many records were classified. `output` appears only when it is complete.

    Raises
    ------
    BadInput
        If the table cannot be read, or `output` cannot be written.
    JobFailed
        If the batch transform failed.
    """
    header = [*table.header, *_new_columns(table.header)]
    texts, part_bytes = _texts(table, columns), PART_BYTES
    if instances > 1:
        lengths = (len(one_record(text).encode()) for text in _texts(table, columns))
        part_bytes = balanced_part_bytes(lengths, instances)
    with _replacing(output) as file, _classified(session, model_name, texts, instances, part_bytes) as predictions:
        answered = (
            [*row.fields, prediction.category, prediction.probability]
            for row, prediction in zip(table.rows(), predictions, strict=True)
        )
        n_rows = write_records(file, chain([header], answered), delimiters.by_ending(output))
    if table.n_blank:
        say(f"left out: {table.n_blank:,} empty {'row' if table.n_blank == 1 else 'rows'}")
    return n_rows - 1


def classify(session: Session, model_name: str, texts: Sequence[str]) -> list[Prediction]:
    """Classify `texts` by a batch transform, in order."""
    with _classified(session, model_name, iter(texts)) as predictions:
        return list(predictions)


def transform_prefix(
    session: Session, model_name: str, source: Location, destination: Location, accept: str, instances: int = 1
) -> list[str]:
    """Classify headerless one-column CSVs below an S3 prefix, or a single one; returns the keys written.

    SageMaker divides the objects among the instances, each as a whole.

    Raises
    ------
    BadInput
        If there is nothing below the prefix, or the answers of an earlier run are.
    JobFailed
        If the batch transform failed.
    """
    inputs, is_object = _inputs(session, source)
    _refuse_earlier_answers(source, destination, inputs)
    transform = _transform(session, model_name, source, destination, accept, payload_mb(0))
    if instances > len(inputs):
        raise BadInput(
            f"--instances {instances}: {source} has {len(inputs)} objects, and each goes to one instance as a whole. "
            f"Split them first, or use fewer instances."
        )
    run_transform(session, replace(transform, is_object=is_object, instance_count=instances))
    expected = {f"{destination.prefix}{name}.out" for name in inputs}
    return [key for key in keys(session.s3, destination.prefix, destination.bucket) if key in expected]


def _inputs(session: Session, source: Location) -> tuple[list[str], bool]:
    """Return the names of a job's input objects, seen from its prefix, and whether `source` is itself the only one."""
    below = [
        key.removeprefix(source.prefix)
        for key in keys(session.s3, source.prefix, source.bucket)
        if not key.endswith("/")  # a folder's marker, which SageMaker passes over
    ]
    if below:
        return below, False
    alike = list(keys(session.s3, source.key, source.bucket))
    if source.key not in alike:
        raise BadInput(f"There is no object below {source.folder}. Upload headerless one-column CSV files there first.")
    if len(alike) > 1:
        raise BadInput(
            f"{source} is an object, and {alike[1]} begins with its key, too; a batch transform would take both. Copy "
            f"the object to a prefix of its own and name that."
        )
    return [source.key.rpartition("/")[2]], True


def _refuse_earlier_answers(source: Location, destination: Location, inputs: Sequence[str]) -> None:
    """Refuse to classify answers as if they were texts, where the output lies within the input."""
    if source.bucket != destination.bucket or not destination.prefix.startswith(source.prefix):
        return
    within = destination.prefix.removeprefix(source.prefix)
    if answers := [name for name in inputs if name.startswith(within) and name.endswith(".out")]:
        raise BadInput(
            f"{source.folder} holds answers of an earlier batch transform ({source.prefix}{answers[0]}), which "
            f"would be classified, too. Choose an output outside the input, or delete them first."
        )


def _texts(table: Table, columns: TextColumns) -> Iterator[str]:
    text = table.column(columns.text, "--text-column")
    subject = table.column(columns.subject, "--subject-column") if columns.subject else None
    for row in table.rows():
        yield with_subject(row.fields[subject], row.fields[text]) if subject is not None else row.fields[text]


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


@contextmanager
def _classified(
    session: Session, model_name: str, texts: Iterator[str], instances: int = 1, part_bytes: int = PART_BYTES
) -> Iterator[Iterator[Prediction]]:
    """Stage `texts` in S3, transform them, and give the answers in order; what was staged is deleted at the end."""
    session.make_bucket()
    place = session.home / "batch" / runs.new_id()
    try:
        parts, longest = _stage(session, texts, place / "in", part_bytes)
        if not parts:
            raise BadInput("There is no record to classify: the input holds a header line only.")
        transform = _transform(session, model_name, place / "in", place / "out", JSON_LINES, payload_mb(longest))
        run_transform(session, replace(transform, instance_count=min(instances, len(parts))))
        yield _read_answers(session, place / "out", parts)
    finally:
        _delete(session, place)


def _stage(session: Session, texts: Iterator[str], place: Location, part_bytes: int) -> tuple[dict[str, int], int]:
    """Upload `texts`; return each part's name with its number of records, and the bytes of the longest record."""
    parts: dict[str, int] = {}
    longest = 0
    for part in split_into_parts(texts, part_bytes):
        session.s3.put_object(Bucket=place.bucket, Key=f"{place.key}/{part.name}", Body=part.content)
        parts[part.name] = part.n_records
        longest = max(longest, part.longest)
    say(f"{sum(parts.values()):,} records staged in {len(parts)} parts at {place}")
    return parts, longest


def _read_answers(session: Session, place: Location, parts: dict[str, int]) -> Iterator[Prediction]:
    with tempfile.TemporaryDirectory() as directory, progress(sum(parts.values()), "records", "reading answers") as bar:
        path = Path(directory) / "part.out"
        for name, n_records in parts.items():
            download(session.s3, place / f"{name}.out", path)
            count = 0
            with path.open("rb") as file:
                for line in file:
                    yield Prediction.from_json(json.loads(line))
                    count += 1
            if count != n_records:
                raise PipelineError(
                    f"{place}/{name}.out holds {count} answers to {n_records} records; the job's output cannot "
                    f"be trusted."
                )
            bar.update(count)


def _transform(
    session: Session, model_name: str, source: Location, destination: Location, accept: str, max_payload_mb: int
) -> TransformJobRequest:
    return TransformJobRequest(
        job_name=f"{session.name}-batch-{runs.new_id()}",
        model_name=model_name,
        source=source,
        destination=destination,
        accept=accept,
        assemble_with="Line",
        max_payload_mb=max_payload_mb,
    )


def _delete(session: Session, place: Location) -> None:
    for key in keys(session.s3, place.prefix, place.bucket):
        session.s3.delete_object(Bucket=place.bucket, Key=key)


@contextmanager
def _replacing(path: Path) -> Iterator[TextIO]:
    """Open a file that takes the place of `path` only when everything was written; its name is its own, as two commands
    may write to one place. Only what goes wrong with this file is said of it.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    with _explained(path):
        _delete_left_over(path)
        file = _open_new(part, is_gzipped=path.suffix.lower() == ".gz")
    try:
        try:
            yield cast("TextIO", _Explaining(file, path))
        finally:
            with _explained(path):
                file.close()
        with _explained(path):
            _sync(part)
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _open_new(path: Path, is_gzipped: bool) -> IO[str]:
    if is_gzipped:
        return _locked(gzip.open(path, "xt", encoding="utf-8", newline=""))
    return _locked(path.open("x", encoding="utf-8", newline=""))


def _locked(file: IO[str]) -> IO[str]:
    """Lock a new file: a lock ends with its process, however that ends."""
    fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    return file


def _delete_left_over(path: Path) -> None:
    """Delete the files of commands that were to take the place of `path` and were killed: nobody has them locked."""
    for part in path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 8}.part"):
        with suppress(FileNotFoundError, BlockingIOError), part.open("rb") as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


class _Explaining:
    """A file being written to, which says what went wrong with it."""

    def __init__(self, file: IO[str], path: Path) -> None:
        self._file, self._path = file, path

    def write(self, text: str) -> int:
        with _explained(self._path):
            return self._file.write(text)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}.") from error
