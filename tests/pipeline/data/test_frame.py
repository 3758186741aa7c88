"""The frame's file form, and the checks on reading it back."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.data.frame import labelled, read_frame, read_records, write_records
from pipeline.errors import BadInput


def test_frame_comes_back_as_it_was_written(tmp_path: Path) -> None:
    texts = ['two\nlines, "quoted"', "", "NA", "null", "x" * 200_000, "\u00e9\u4e2d"]
    records = list(labelled(texts, [""] * 6, ["b", "a", "b", "a", "a", "b"], ["a", "b"]))
    write_records(records, tmp_path / "train.csv")
    assert list(read_records(tmp_path / "train.csv")) == records
    frame = read_frame(tmp_path / "train.csv")
    assert list(frame.itertuples(index=False, name=None)) == records
    assert [str(kind) for kind in frame.dtypes] == ["object", "object", "object", "int64"]


def test_file_has_a_header_and_one_line_per_record(tmp_path: Path) -> None:
    write_records(labelled(["a\nb", "c"], ["", ""], ["x", "y"], ["x", "y"]), tmp_path / "train.csv")
    lines = (tmp_path / "train.csv").read_text(encoding="utf-8").split("\n")
    assert lines == ["data,data_subject,label_names,label", "a\u2028b,,x,0", "c,,y,1", ""]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("text,label\na,0\n", "the columns are text, label"),
        ("data,data_subject,label_names,label\na,,x,0\nb,,y,one\n", "line 3: the label 'one'"),
        ("data,data_subject,label_names,label\na,,x,0\nb,,x,1\n", "do not go together"),
        ("data,data_subject,label_names,label\na,,x,0\nb,,y,0\n", "do not go together"),
    ],
)
def test_file_of_another_schema_is_refused(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "train.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadInput, match=complaint) as refused:
        read_frame(path)
    assert str(path) in str(refused.value)
