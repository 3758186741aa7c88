"""What is written is read back by every reader as it was."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest

from pipeline.data.csv_files.writing import write_records


@pytest.mark.parametrize("field", ["a\rb", "\r", "a\r", "\r\n", "a\nb", 'say "hi"\r', "", " ", ",", "sep=;"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_a_field_comes_back_from_csv_and_pandas(tmp_path: Path, field: str, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    rows = [["x", "y"], [field, "b"], ["c", field], ["d", "e"]]
    with path.open("w", encoding="utf-8", newline="") as file:
        assert write_records(file, rows, delimiter) == 4
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file, delimiter=delimiter, strict=True)) == rows
    frame = pd.read_csv(path, sep=delimiter, dtype=str, keep_default_na=False)
    assert [list(frame.columns), *frame.to_numpy().tolist()] == rows


def test_rows_end_in_a_newline_alone_and_a_lone_carriage_return_is_quoted() -> None:
    file = io.StringIO(newline="")
    write_records(file, [["a\rb", "c"], ["d", 1]])
    assert file.getvalue() == '"a\rb",c\nd,1\n'
