"""The files of a channel in chunks of whole records: CSV, gzipped CSV and Parquet, in the order of their names.

Finding where records end is all that is done here, at the speed of a regular expression; what is in a chunk is read by
`chunk_records`, perhaps in another process.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from ..errors import JobRefused
from ..requests.csv_reader import MalformedCsv, read_csv
from .parquet_batches import copied, read_batches

CHUNK_BYTES = 4 * 2**20
"""Of text; what is made of a chunk takes some dozens of times as much memory."""

KINDS = ("*.csv", "*.csv.gz", "*.parquet")

_FIELD = rb'(?:"[^"]*+(?:""[^"]*+)*+"|(?!")[^,\n]*+)'
_RECORD = re.compile(rb"%b(?:,%b)*+\r?\n" % (_FIELD, _FIELD))
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole records of a file."""

    path: Path
    header: tuple[str, ...]
    """The names of the columns."""
    body: Any
    """`bytes` of CSV without a header line, or a record batch of pyarrow's."""
    number: int
    """Of the chunks of the file, from 0."""
    first_line: int
    """The line that `body` begins on, counted from 1; of Parquet, the row."""
    first_byte: int
    """Where `body` begins in the file's text."""
    n_records: int
    share: float
    """How much of the file has been read, up to the end of this chunk; 1 for its last one."""

    @property
    def is_parquet(self) -> bool:
        return not isinstance(self.body, bytes)

    def records(self) -> Iterator[Chunk]:
        """Yield the records one by one, as chunks."""
        if self.is_parquet:
            for row in range(self.n_records):
                yield self._part(self.body.slice(row, 1), self.first_line + row, 0)
            return
        line, start = self.first_line, 0
        for end in record_ends(self.body):
            yield self._part(self.body[start:end], line, self.first_byte + start)
            line, start = line + self.body.count(b"\n", start, end), end
        if start < len(self.body):
            yield self._part(self.body[start:], line, self.first_byte + start)

    def alone(self) -> Chunk:
        """Return a record of `records` without what is around it in memory."""
        return replace(self, body=copied(self.body)) if self.is_parquet else self

    def _part(self, body: Any, line: int, byte: int) -> Chunk:
        return Chunk(self.path, self.header, body, self.number, line, byte, 1, self.share)


def channel_files(directory: Path) -> list[Path]:
    """Return a channel's files of records, in the order of their names."""
    return sorted(path for kind in KINDS for path in directory.glob(f"**/{kind}"))


def read_chunks(path: Path, columns: Sequence[str]) -> Iterator[Chunk]:
    """Yield the chunks of a file; of Parquet with these columns alone.

    Raises
    ------
    JobRefused
        If it cannot be read, or not be cut into records; the message names file and line.
    """
    if path.suffix == ".parquet":
        return _parquet_chunks(path, columns)
    return _csv_chunks(path)


def _parquet_chunks(path: Path, columns: Sequence[str]) -> Iterator[Chunk]:
    row = 1
    for number, (batch, share) in enumerate(read_batches(path, columns, CHUNK_BYTES)):
        yield Chunk(path, tuple(columns), batch, number, row, 0, batch.num_rows, share)
        row += batch.num_rows


def _csv_chunks(path: Path) -> Iterator[Chunk]:
    size = max(path.stat().st_size, 1)
    header: tuple[str, ...] | None = None
    number, line = 0, 1
    for body, byte, n_records, consumed in _whole_records(path):
        if header is None:
            end = next(record_ends(body), len(body))
            header = _header(path, body[:end])
            line += body.count(b"\n", 0, end)
            body, byte, n_records = body[end:], byte + end, n_records - 1
        yield Chunk(path, header, body, number, line, byte, n_records, min(consumed / size, 1))
        number, line = number + 1, line + body.count(b"\n")
    if header is None:
        yield Chunk(path, (), b"", 0, 1, 0, 0, 1)


def _whole_records(path: Path) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield runs of records: their bytes, where these begin in the text, how many records there are, and how much of
    the file has been read so far.
    """
    rest, byte = b"", -1
    for block, consumed in _blocks(path):
        if byte < 0:
            rest = block.removeprefix(_BYTE_ORDER_MARK)
            byte = len(block) - len(rest)
        else:
            rest += block
        ends = list(record_ends(rest))
        if ends:
            yield rest[: ends[-1]], byte, len(ends), consumed
            rest, byte = rest[ends[-1] :], byte + ends[-1]
        elif not _is_cut_off(rest):
            break
    if rest:
        yield rest, byte, 1, path.stat().st_size


def record_ends(body: bytes) -> Iterator[int]:
    """Yield where records end, newlines included, up to the first that is not whole or not CSV."""
    position = 0
    while end := body.find(b"\n", position) + 1:
        if body.find(b'"', position, end) >= 0:  # the regular expression takes longer
            if not (found := _RECORD.match(body, position)):
                return
            end = found.end()
        yield end
        position = end


def _is_cut_off(body: bytes) -> bool:
    """Say whether more bytes can make a record of these, which are none; if not, reading them says what is wrong."""
    if len(body) > _MOST_RECORD_BYTES:
        return False
    try:
        next(read_csv(body.decode(errors="replace")), None)
    except MalformedCsv as error:
        return "not closed" in error.reason
    return True


_MOST_RECORD_BYTES = 2**28


def _blocks(path: Path) -> Iterator[tuple[bytes, int]]:
    """Yield a file's text in blocks, and how many of the file's own bytes were read for it so far."""
    with path.open("rb") as file:
        for block in _read_blocks(path, file):
            yield block, file.tell()


def _read_blocks(path: Path, file: IO[bytes]) -> Iterator[bytes]:
    if path.suffix != ".gz":
        yield from iter(lambda: file.read(CHUNK_BYTES), b"")
        return
    try:
        with gzip.open(file) as text:
            yield from iter(lambda: text.read(CHUNK_BYTES), b"")
    except (OSError, EOFError, zlib.error) as error:
        raise JobRefused(f"{path.name}: not a whole gzip file ({error}); compress it again") from error


def _header(path: Path, line: bytes) -> tuple[str, ...]:
    try:
        record = next(read_csv(line.decode()), None)
    except UnicodeDecodeError as error:
        raise JobRefused(f"{path.name}, line 1: not UTF-8 at byte {error.start}; save the file as UTF-8") from error
    except MalformedCsv as error:
        raise JobRefused(f"{path.name}, line {error.line}: {error.reason}") from error
    return tuple(record.fields) if record else ()


def total_bytes(paths: Iterable[Path]) -> int:
    """Return how large files are together."""
    return sum(path.stat().st_size for path in paths)
