"""Staged CSV: one line per record, and nothing of a text lost."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.staging import one_record, several_lines, write_rows

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def staged(texts: list[str]) -> str:
    file = io.StringIO(newline="")
    write_rows(file, [[text] for text in texts])
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


@given(TEXTS | st.text(",\"\r\n \u2028;\t'a", max_size=4))
def test_a_record_by_itself_is_written_as_among_others(text: str) -> None:
    assert one_record(text) == staged([text])


def test_empty_text_is_a_record() -> None:
    assert staged(["", "a"]) == '""\na\n'


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_newline_inside_a_text_becomes_a_line_separator(newline: str) -> None:
    assert staged([f"one{newline}two"]) == "one\u2028two\n"
