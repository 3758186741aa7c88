"""Files in chunks hold the records that they hold as wholes, and what is wrong is found at the same line."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from preprocessor_container.preprocessor.errors import JobRefused
from preprocessor_container.preprocessor.requests.csv_reader import MalformedCsv, read_csv
from preprocessor_container.preprocessor.streaming import chunks
from preprocessor_container.preprocessor.streaming.chunk_records import read_records
from preprocessor_container.preprocessor.streaming.chunks import channel_files, read_chunks, record_ends

COLUMNS = ("data", "label_names")
TEXT = '\ufeffdata,x,label_names\r\n"one\u2028t,wo\r\n""three""",,c1\r\nfo"ur,,c2\n\u00fcber,1,"c,3"\n,,c4'
RECORDS = [('one\nt,wo\n"three"', "c1"), ('fo"ur', "c2"), ("\u00fcber", "c,3"), ("", "c4")]


def records_of(path: Path, columns: Sequence[str] = COLUMNS) -> list[tuple[str, str]]:
    return [pair for chunk in read_chunks(path, columns) for pair in read_records(chunk, *columns)]


@pytest.mark.parametrize("chunk_bytes", [3, 8, 30, 1000])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_chunks_hold_the_records_wherever_they_are_cut(
    tmp_path: Path, name: str, chunk_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
    path = tmp_path / name
    path.write_bytes(gzip.compress(TEXT.encode()) if name.endswith(".gz") else TEXT.encode())
    assert records_of(path) == RECORDS
    found = list(read_chunks(path, COLUMNS))
    assert [chunk.number for chunk in found] == list(range(len(found)))
    assert sum(chunk.n_records for chunk in found) == len(RECORDS)
    assert found[-1].share == 1
    alone = [record.alone() for chunk in found for record in chunk.records()]
    assert [pair for record in alone for pair in read_records(record, *COLUMNS)] == RECORDS
    assert [record.first_line for record in alone] == [2, 4, 5, 6]


@pytest.mark.parametrize("chunk_bytes", [3, 30, 1000])
@pytest.mark.parametrize(
    ("last", "message"),
    [
        (b"a,b\n", "a.csv, line 7: 2 columns where the header line has 3"),
        (b"a,,\n", "a.csv, line 7: column 'label_names' is empty"),
        (b'"a"b,,c\nd,,e\n', "a.csv, line 7: 'b' follows a closing quote"),
        (b'f,,g\n"a,,c\nd,,e\n', "a.csv, line 8: a quoted field is not closed"),
        (b"a\xff,,c\n", "a.csv, line 7: not UTF-8 at byte 82"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    tmp_path: Path, last: bytes, message: str, chunk_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_BYTES", chunk_bytes)
    (tmp_path / "a.csv").write_bytes(TEXT.encode() + b"\n" + last)
    with pytest.raises(JobRefused, match=message):
        records_of(tmp_path / "a.csv")


@given(st.text(alphabet='a",\r\né', max_size=40))
def test_records_end_where_the_strict_reader_ends_them(text: str) -> None:
    body = text.encode()
    starts = [0, *record_ends(body)]
    whole = []
    try:
        for record in read_csv(text):
            whole.append(record)
    except MalformedCsv:
        assert len(starts) == len(whole) + 1
        return
    rest = body[starts[-1] :]
    assert len(starts) == len(whole) + (not rest)
    pieces = [body[start:end].decode() for start, end in zip(starts, [*starts[1:], len(body)], strict=True)]
    assert [record.fields for piece in pieces for record in read_csv(piece)] == [record.fields for record in whole]


def test_parquet_holds_the_records_that_csv_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 40)
    texts, labels = ([pair[part] for pair in RECORDS] for part in (0, 1))
    table = pa.table({"x": [1, 2, 3, 4], "label_names": pa.array(labels).dictionary_encode(), "data": texts})
    parquet.write_table(table, tmp_path / "a.parquet", row_group_size=3)
    assert records_of(tmp_path / "a.parquet") == RECORDS
    found = list(read_chunks(tmp_path / "a.parquet", COLUMNS))
    assert len(found) > 1
    assert found[-1].share == 1
    alone = [record.alone() for chunk in found for record in chunk.records()]
    assert [pair for record in alone for pair in read_records(record, *COLUMNS)] == RECORDS


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"data": ["a", "b"]}, "a.parquet: column 'label_names' is there not at all; the file has 'data'"),
        ({"data": [1, 2], "label_names": ["a", "b"]}, "a.parquet: column 'data' holds int64; give it strings"),
        ({"data": ["a", None], "label_names": ["a", "b"]}, "a.parquet, row 2: column 'data' is null"),
        ({"data": ["a", "b"], "label_names": ["a", ""]}, "a.parquet, row 2: column 'label_names' is empty"),
    ],
)
def test_what_is_wrong_with_parquet_is_said_with_its_row(
    tmp_path: Path, columns: dict[str, list[object]], message: str
) -> None:
    parquet.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(JobRefused, match=message):
        records_of(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv.gz", gzip.compress(b"data,label_names\nx,y\n", mtime=0)[:-5], "a.csv.gz: not a whole gzip file"),
        ("a.csv.gz", b"data,label_names\nx,y\n", "a.csv.gz: not a whole gzip file"),
        ("a.parquet", b"data", "a.parquet: not a whole Parquet file"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(JobRefused, match=message):
        records_of(tmp_path / name)


def test_files_of_all_kinds_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b.csv", "a.parquet", "sub/c.csv.gz", "d.txt"):
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in channel_files(tmp_path)] == ["a.parquet", "b.csv", "c.csv.gz"]
