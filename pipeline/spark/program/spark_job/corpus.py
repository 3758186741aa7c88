"""The training files cut into parts, one for each task; the cut goes by the files alone, not by the cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyarrow import parquet

from preprocessor.errors import JobRefused
from preprocessor.requests.csv_reader import MalformedCsv, read_csv
from preprocessor.requests.line_structure import unstaged

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
    n_bytes: int

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
    files = [(uri, size) for uri, size in sizes_below(prefix) if uri.endswith(_ENDINGS)]
    if not files:
        raise JobRefused(f"{prefix}: there is no file that ends in {', '.join(_ENDINGS)} below it")
    return [part for uri, size in files for part in _parts_of_file(uri, size)]


def _parts_of_file(uri: str, size: int) -> Iterator[Part]:
    if uri.endswith(".parquet"):
        system, path = open_place(uri)
        with system.open_input_file(path) as file:
            found = parquet.ParquetFile(file).metadata
        for group in range(found.num_row_groups):
            yield Part(uri, group, group + 1, found.row_group(group).total_byte_size)
    elif uri.endswith(".gz"):
        yield Part(uri, 0, size, size)
    else:
        for start in range(0, size, PART_BYTES):
            yield Part(uri, start, start + PART_BYTES, min(PART_BYTES, size - start))


def read_part(part: Part, columns: Columns) -> Records:
    """Read the records of a part.

    Raises
    ------
    JobRefused
        If something in it is no record with these columns; the message names the file and the place.
    """
    if part.uri.endswith(".parquet"):
        return _read_parquet(part, columns)
    if part.uri.endswith(".gz"):
        header, _, content = _decoded(part, _unzipped(part.uri)).partition("\n")
        return _read_csv(part, header, content, columns, 2)
    header = _decoded(part, read_range(part.uri, 0, _HEADER_BYTES).partition(b"\n")[0])
    content = _decoded(part, read_lines(part.uri, part.start, part.end))
    if part.start:
        return _read_csv(part, header, content, columns, None)
    return _read_csv(part, header, content.partition("\n")[2], columns, 2)


def _unzipped(uri: str) -> bytes:
    system, path = open_place(uri)
    with system.open_input_stream(path, compression="gzip") as file:
        return bytes(file.read())


def _decoded(part: Part, content: bytes) -> str:
    try:
        return content.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise JobRefused(f"{part.name}: not UTF-8 at byte {part.start + error.start}; save it as UTF-8") from error


def _read_csv(part: Part, header: str, content: str, columns: Columns, line: int | None) -> Records:
    names = next(iter(read_csv(header))).fields if header else []
    text_at, label_at = (_column(part, names, name) for name in (columns.text, columns.label))
    texts, categories = [], []
    try:
        for record in read_csv(content):
            fields = record.fields
            if len(fields) != len(names):
                raise MalformedCsv(f"{len(fields)} columns where the header line has {len(names)}", 0, record.line)
            if not fields[label_at]:
                raise MalformedCsv(f"column {columns.label!r} is empty; give each text a category", 0, record.line)
            texts.append(unstaged(fields[text_at]))
            categories.append(fields[label_at])
    except MalformedCsv as error:
        before = _lines_before(part) if line is None else line - 1
        raise JobRefused(f"{part.name}, line {before + error.line}: {error.reason}") from error
    return Records(texts, categories)


def _lines_before(part: Part) -> int:
    """Count the lines of the parts before this one; only what is to be refused needs it."""
    starts = range(0, part.start, PART_BYTES)
    return sum(read_lines(part.uri, start, start + PART_BYTES).count(b"\n") for start in starts)


def _column(part: Part, names: Sequence[str], name: str) -> int:
    if names.count(name) != 1:
        found = "more than once" if name in names else "not at all"
        raise JobRefused(
            f"{part.name}, line 1: column {name!r} is there {found}; the header line has {', '.join(map(repr, names))}"
        )
    return names.index(name)


def _read_parquet(part: Part, columns: Columns) -> Records:
    system, path = open_place(part.uri)
    with system.open_input_file(path) as file:
        opened = parquet.ParquetFile(file)
        for name in (columns.text, columns.label):
            _column(part, opened.schema_arrow.names, name)
        table = opened.read_row_group(part.start, columns=[columns.text, columns.label])
    texts, categories = (table.column(name).to_pylist() for name in (columns.text, columns.label))
    if wrong := next((row for row, category in enumerate(categories) if not category), None):
        raise JobRefused(f"{part.name}, row {wrong} of row group {part.start}: column {columns.label!r} is empty")
    return Records([unstaged(text or "") for text in texts], [str(category) for category in categories])
