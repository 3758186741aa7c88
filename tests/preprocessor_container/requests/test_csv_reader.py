"""CSV is read strictly, record by record."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preprocessor_container.preprocessor.requests.csv_reader import MalformedCsv, read_csv, read_plain_column


def fields(text: str) -> list[list[str]]:
    return [record.fields for record in read_csv(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb\n", [["a"], ["b"]]),
        ("a\nb", [["a"], ["b"]]),
        ("a\r\nb\r\n", [["a"], ["b"]]),
        ("a,b\n,\n", [["a", "b"], ["", ""]]),
        ('"a, b"\n', [["a, b"]]),
        ('"say ""hi"""\n', [['say "hi"']]),
        ('""""\n', [['"']]),
        ('""\n', [[""]]),
        ("", []),
        ('5" disk\n', [['5" disk']]),
        ("a\x00b\n", [["a\x00b"]]),
        ("one\u2028record\x85still\x0cone\n", [["one\u2028record\x85still\x0cone"]]),
    ],
)
def test_text_becomes_records(text: str, expected: list[list[str]]) -> None:
    assert fields(text) == expected


def test_quoted_newline_is_one_record() -> None:
    assert fields('"two\nlines"\r\nnext') == [["two\nlines"], ["next"]]


def test_blank_line_is_a_record_with_an_empty_field() -> None:
    assert fields("a\n\nb\n") == [["a"], [""], ["b"]]


def test_lone_carriage_return_belongs_to_its_field() -> None:
    assert fields('"a\rb"\n\rc\rd\r\n,\r\ne\r') == [["a\rb"], ["\rc\rd"], ["", ""], ["e\r"]]


def test_field_may_be_longer_than_the_csv_module_allows() -> None:
    assert fields('"' + "x" * 200_000 + '"') == [["x" * 200_000]]


def test_record_knows_the_line_it_begins_on() -> None:
    assert [record.line for record in read_csv('"1\n2"\n3\n"4\n5\n6"\n7')] == [1, 3, 4, 7]


@pytest.mark.parametrize(
    ("text", "record", "line", "reason"),
    [
        ('"a\nb"\n"open\nend', 2, 3, "not closed"),
        ('a\n"b" c\n', 2, 2, "follows a closing quote"),
        ('"a"\rb\n', 1, 1, "follows a closing quote"),
        ('"', 1, 1, "not closed"),
    ],
)
def test_malformed_record_is_refused_with_its_place(text: str, record: int, line: int, reason: str) -> None:
    with pytest.raises(MalformedCsv, match=reason) as caught:
        fields(text)
    assert (caught.value.record, caught.value.line) == (record, line)


@given(st.lists(st.lists(st.text(), min_size=1), min_size=1), st.sampled_from(["\n", "\r\n"]))
def test_what_pythons_csv_module_writes_is_read_back(rows: list[list[str]], newline: str) -> None:
    table = io.StringIO(newline="")
    csv.writer(table, lineterminator=newline, quoting=csv.QUOTE_ALL).writerows(rows)
    assert fields(table.getvalue()) == rows


@given(st.lists(st.lists(st.text(st.characters(exclude_characters="\r")), min_size=1), min_size=1))
def test_fields_without_quotes_are_read_back(rows: list[list[str]]) -> None:
    table = io.StringIO(newline="")
    csv.writer(table).writerows(rows)
    assert fields(table.getvalue()) == rows


@given(st.text(alphabet='ab",\n\r \u2028', max_size=30))
def test_plain_column_is_read_as_any_csv_is_or_left_to_that(text: str) -> None:
    column = read_plain_column(text)
    assert column is None or [[field] for field in column] == fields(text)


@given(st.lists(st.text(alphabet='ab", \u2028')))
def test_what_the_csv_module_writes_line_by_line_is_a_plain_column(texts: list[str]) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerows([text] for text in texts)
    assert read_plain_column(buffer.getvalue()) == texts
