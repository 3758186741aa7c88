"""The training files cut into parts, one for each task; the cut goes by the files alone, not by the cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from preprocessor.errors import JobRefused
from preprocessor.requests.csv_reader import MalformedCsv, read_csv
from preprocessor.streaming.chunk_records import read_records
from preprocessor.streaming.chunks import Chunk
from preprocessor.streaming.parquet_batches import check_columns, plain

from .places import open_place, read_lines, read_range, sizes_below

PART_BYTES = 8 * 2**20
_HEADER_BYTES = 2**20
_ENDINGS = (".csv", ".csv.gz", ".parquet")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a file: a range of bytes of a CSV, a row group of Parquet, or all of a CSV that is zipped."""

    uri: str
    start: int
    end: int
    file: int
    """The number of the file, in the order in which the training job reads them."""
    file_bytes: int
    first_row: int = 0
    """Of a row group, counted from 0."""

    @property
    def name(self) -> str:
        return self.uri.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a file holds a record's text and category."""

    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Records:
    """The records of a part, in order."""

    texts: list[str]
    categories: list[str]


def parts_of(prefix: str) -> list[Part]:
    """Cut the files below a prefix into parts, in the order of their names.

    Raises
    ------
    JobRefused
        If there is none.
    """
    files = sorted(
        ((uri, size) for uri, size in sizes_below(prefix) if uri.endswith(_ENDINGS)), key=lambda file: Path(file[0])
    )
    if not files:
        raise JobRefused(f"{prefix}: there is no file that ends in {', '.join(_ENDINGS)} below it")
    return [part for number, (uri, size) in enumerate(files) for part in _parts_of_file(uri, number, size)]


def _parts_of_file(uri: str, number: int, size: int) -> Iterator[Part]:
    if uri.endswith(".parquet"):
        system, path = open_place(uri)
        with system.open_input_file(path) as file:
            found = parquet.ParquetFile(file).metadata
        first_row = 0
        for group in range(found.num_row_groups):
            n_rows = found.row_group(group).num_rows
            if n_rows:
                yield Part(uri, group, group + 1, number, size, first_row)
            first_row += n_rows
    elif uri.endswith(".gz"):
        yield Part(uri, 0, size, number, size)
    else:
        for start in range(0, size, PART_BYTES):
            yield Part(uri, start, start + PART_BYTES, number, size)


def bytes_of_files(parts: Iterable[Part]) -> int:
    """Return how large the files of parts are together, as they lie there."""
    return sum({part.file: part.file_bytes for part in parts}.values())


def read_part(part: Part, columns: Columns) -> Records:
    """Read the records of a part, as the training job reads those of a chunk; raises as `read_pairs` does."""
    pairs = read_pairs(part, read_chunk(part, columns), columns)
    return Records([text for text, _ in pairs], [category for _, category in pairs])


def read_pairs(part: Part, chunk: Chunk, columns: Columns) -> list[tuple[str, str]]:
    """Read the texts and categories of a part's chunk, or of one of its records.

    Raises
    ------
    JobRefused
        If something in it is no record with these columns; the message names the file and the line.
    """
    try:
        return read_records(chunk, columns.text, columns.label)
    except JobRefused:
        if not part.start or chunk.is_parquet:
            raise
        counted = replace(chunk, first_line=_lines_before(part) + chunk.first_line)
        return read_records(counted, columns.text, columns.label)


def read_chunk(part: Part, columns: Columns) -> Chunk:
    """Read a part as a chunk of its file; the lines of a CSV are counted from where the part begins."""
    path, share = Path(part.name), 1.0
    if part.uri.endswith(".parquet"):
        batch = plain(_row_group(part, columns), (columns.text, columns.label))
        return Chunk(path, (columns.text, columns.label), batch, 0, part.first_row + 1, 0, batch.num_rows, share)
    header, first_byte, body = _csv(part)
    return Chunk(path, tuple(_names(part, header)), body, 0, 1 if part.start else 2, first_byte, 0, share)


def _csv(part: Part) -> tuple[bytes, int, bytes]:
    """Return a CSV's header line, where in its text the part's lines begin below that, and these lines."""
    if part.uri.endswith(".gz"):
        header, _, body = _unzipped(part.uri).partition(b"\n")
        return header, len(header) + 1, body
    header = read_range(part.uri, 0, _HEADER_BYTES).partition(b"\n")[0]
    first_byte, body = read_lines(part.uri, part.start, part.end)
    return (header, first_byte, body) if part.start else (header, len(header) + 1, body.partition(b"\n")[2])


def _names(part: Part, header: bytes) -> list[str]:
    try:
        record = next(iter(read_csv(header.decode().removeprefix("\ufeff"))), None)
    except (UnicodeDecodeError, MalformedCsv) as error:
        raise JobRefused(f"{part.name}, line 1: {error}; save the file as CSV in UTF-8") from error
    return record.fields if record else []


def _unzipped(uri: str) -> bytes:
    system, path = open_place(uri)
    with system.open_input_stream(path, compression="gzip") as file:
        return bytes(file.read())


def _lines_before(part: Part) -> int:
    """Count the lines of the parts before this one; only what is to be refused needs it."""
    starts = range(0, part.start, PART_BYTES)
    return sum(read_lines(part.uri, start, start + PART_BYTES)[1].count(b"\n") for start in starts)


def _row_group(part: Part, columns: Columns) -> pa.RecordBatch:
    system, path = open_place(part.uri)
    with system.open_input_file(path) as file:
        opened = parquet.ParquetFile(file)
        check_columns(Path(part.name), opened.schema_arrow, (columns.text, columns.label))
        table = opened.read_row_group(part.start, columns=[columns.text, columns.label])
    return table.select([columns.text, columns.label]).combine_chunks().to_batches(max_chunksize=None)[0]
