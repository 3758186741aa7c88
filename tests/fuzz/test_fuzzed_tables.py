"""Users' tables in any form that a spreadsheet writes, and what `batch-transform` makes of them."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from unittest import mock

import pandas as pd
from hypothesis import strategies as st

from pipeline.aws.session import Session
from pipeline.data.csv_files.delimiters import named_delimiter
from pipeline.data.tables.csv_table import CsvTable
from pipeline.errors import BadInput
from pipeline.prediction import batch
from pipeline.prediction.batch import Tables, TextColumns, transform_tables
from pipeline.prediction.invoke import Prediction
from tests.fuzz.campaign import fuzzed

fields = st.text("ab0 ,;\t|\"'=\r\n\x00\x1a\x85\u00e9\u2028\ufeff\U0001f600", max_size=12) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=8
)
names = st.sampled_from(["", "", "id", "id", " note ", "a;b", "a,b", "x|y", "caf\u00e9"]) | fields.map("n{}".format)


@dataclass(frozen=True)
class Written:
    """A table, and the file that a spreadsheet made of it."""

    header: list[str]
    rows: list[list[str]]
    content: bytes
    encoding: str
    delimiter: str
    is_named: bool


@st.composite
def tables(draw: st.DrawFn) -> Written:
    others = draw(st.lists(names, max_size=4))
    header = draw(st.permutations(["text", "label", *others]))
    rows = draw(st.lists(st.lists(fields, min_size=len(header), max_size=len(header)), max_size=6))
    delimiter = draw(st.sampled_from([",", ",", ";", "\t", "|"]))
    body = _spreadsheet(draw, [header, *rows], delimiter)
    is_sep_line = draw(st.booleans())
    content = (f"sep={delimiter}\r\n" if is_sep_line else "") + body
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030"]))
    encoded = content.encode(encoding)
    is_named = not is_sep_line and draw(st.booleans())
    packed = gzip.compress(encoded, mtime=0) if draw(st.booleans()) else encoded
    return Written(header, rows, packed, "utf-8" if encoding != "gb18030" else encoding, delimiter, is_named)


def _spreadsheet(draw: st.DrawFn, rows: list[list[str]], delimiter: str) -> str:
    """Write rows as spreadsheets do, with empty lines and empty rows between and behind them."""
    end = draw(st.sampled_from(["\r\n", "\n", "\r"]))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    empty = st.sampled_from([end, delimiter * (len(rows[0]) - 1) + end, "  " + end])
    file = io.StringIO(newline="")
    for row in rows:
        line = io.StringIO(newline="")
        csv.writer(line, delimiter=delimiter, quoting=quoting, lineterminator="\r\n").writerow(row)
        file.write(line.getvalue().removesuffix("\r\n") + end)
        file.writelines(draw(st.lists(empty, max_size=2)))
    return file.getvalue()


def is_blank(row: list[str]) -> bool:
    return not any(field.strip() for field in row)


def placed(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def read(path: Path, written: Written) -> CsvTable:
    delimiter = named_delimiter(written.delimiter) if written.is_named else None
    return CsvTable(path, written.encoding, delimiter, ["text", "label"])


@fuzzed(written=tables())
def test_any_table_of_a_spreadsheet_is_read_as_it_was(tmp_path: Path, written: Written) -> None:
    table = read(placed(tmp_path / "in.csv", written.content), written)
    assert table.header == written.header
    assert [row.fields for row in table.rows()] == [row for row in written.rows if not is_blank(row)]
    assert written.header[table.column("text", "--text-column")] == "text"


@fuzzed(content=st.binary(max_size=60) | tables().map(lambda written: written.content), cut=st.integers(0, 60))
def test_any_bytes_are_read_or_refused_with_a_hint(tmp_path: Path, content: bytes, cut: int) -> None:
    path = placed(tmp_path / "in.csv", content[cut:])
    try:
        table = CsvTable(path, wanted=["text"])
        table.column("text", "--text-column")
        assert all(len(row.fields) == len(table.header) for row in table.rows())
    except BadInput as refusal:
        said = str(refusal)
        assert str(path) in said
        assert "\n" not in said.replace(str(path), "")


@contextmanager
def answered(session: Session, model_name: str, texts: Iterator[str], *_: object) -> Iterator[Iterator[Prediction]]:
    yield (Prediction(text[:3], 0.25, []) for text in list(texts))


@fuzzed(written=tables())
def test_what_batch_transform_writes_is_read_back_equal_by_csv_pandas_and_itself(
    tmp_path: Path, written: Written
) -> None:
    table, output = read(placed(tmp_path / "in.csv", written.content), written), tmp_path / "out.csv"
    with mock.patch.object(batch, "classified", answered):
        n_records = transform_tables(cast("Session", None), "model", Tables([table], TextColumns("text")), output)
    rows = [row for row in written.rows if not is_blank(row)]
    text = written.header.index("text")
    expected = [[*written.header, "category", "probability"], *([*row, row[text][:3], "0.25"] for row in rows)]
    assert n_records == len(rows)
    with output.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file, strict=True)) == expected
    again = CsvTable(output, wanted=["text"])
    assert [again.header, *(row.fields for row in again.rows())] == expected
    if b"\0" in output.read_bytes():
        return  # pandas ends a field there
    by_pandas = pd.read_csv(output, header=None, dtype=str, keep_default_na=False, skip_blank_lines=False)
    assert by_pandas.to_numpy().tolist() == expected
