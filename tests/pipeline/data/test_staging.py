"""Staged CSV: one line per record, and nothing of a text lost."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.staging import one_field, one_line, one_record, several_lines

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def staged(texts: list[str]) -> str:
    return "".join(map(one_record, texts))


def written_by_csv(*fields: str) -> str:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerow(map(one_line, fields))
    return file.getvalue()


@given(st.lists(TEXTS))
def test_every_record_takes_one_line(texts: list[str]) -> None:
    lines = staged(texts).split("\n")
    assert len(lines) == len(texts) + 1
    assert lines[-1] == ""


@given(st.lists(TEXTS))
def test_texts_come_back_with_their_newlines_as_line_feeds(texts: list[str]) -> None:
    rows = list(csv.reader(io.StringIO(staged(texts), newline="")))
    expected = [text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n") for text in texts]
    assert [several_lines(row[0]) for row in rows] == expected


ODD_TEXTS = TEXTS | st.text(",\"\r\n \u2028;\t'a", max_size=4)


@given(ODD_TEXTS, ODD_TEXTS)
def test_records_and_fields_are_written_as_csv_writes_them(text: str, other: str) -> None:
    assert one_record(text) == written_by_csv(text)
    assert f"{one_field(text)},{one_field(other)}\n" == written_by_csv(text, other)


def test_empty_text_is_a_record() -> None:
    assert staged(["", "a"]) == '""\na\n'


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_newline_inside_a_text_becomes_a_line_separator(newline: str) -> None:
    assert staged([f"one{newline}two"]) == "one\u2028two\n"
