"""Every content type becomes texts, in order and number as sent; what cannot be read is refused with its place."""

from __future__ import annotations

import contextlib
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preprocessor_container.preprocessor.errors import BodyTooLarge, RequestRefused, UnsupportedContentType
from preprocessor_container.preprocessor.requests import decoding as text_requests
from preprocessor_container.preprocessor.requests.decoding import decode_request

JSON, LINES, CSV, PLAIN = "application/json", "application/jsonlines", "text/csv", "text/plain"


@pytest.mark.parametrize(
    ("content_type", "body", "texts"),
    [
        (PLAIN, 'one, "text"\nof two lines\n', ['one, "text"\nof two lines\n']),
        (PLAIN, "a\r\nb\u2028c", ["a\nb\u2028c"]),
        (CSV, 'first\n"second, ""quoted""\nline"\n', ["first", 'second, "quoted"\nline']),
        (CSV, 'staged\u2028lines\r\n\n""\n', ["staged\nlines", "", ""]),
        (JSON, '"a"', ["a"]),
        (JSON, '["a", "b\\u2028c", ""]', ["a", "b\u2028c", ""]),
        (JSON, "[]", []),
        (JSON, '{"text": "a", "id": 7}', ["a"]),
        (JSON, '{"instances": ["a", {"text": "b"}]}', ["a", "b"]),
        (JSON, '{"instances": []}', []),
        (JSON, '"\\ud800"', ["\ud800"]),
        (LINES, '"a"\n{"text": "b\\r\\n"}\r\n"c\u2028d"', ["a", "b\n", "c\u2028d"]),
        (LINES, '"a"\n', ["a"]),
    ],
)
@pytest.mark.parametrize("form", ["bytes", "str", "charset", "bom"])
def test_body_becomes_texts(content_type: str, body: str, texts: list[str], form: str) -> None:
    header = f"{content_type}; charset=utf-8" if form == "charset" else content_type
    marked = f"\ufeff{body}" if form == "bom" else body
    assert decode_request(marked if form == "str" else marked.encode(), header) == texts


@pytest.mark.parametrize(
    ("charset", "codec"),
    [("latin-1", "latin-1"), ("ISO-8859-1", "latin-1"), ('"windows-1252"', "cp1252"), ("utf-16", "utf-16")],
)
def test_charset_of_the_header_is_honoured(charset: str, codec: str) -> None:
    assert decode_request("na\u00efve\n".encode(codec), f"text/csv; charset={charset}") == ["na\u00efve"]


@pytest.mark.parametrize("charset", ["klingon", "zlib", "idna", "unicode_escape"])
def test_what_is_no_charset_is_refused(charset: str) -> None:
    with pytest.raises(UnsupportedContentType, match=charset):
        decode_request(b"a", f"text/plain; charset={charset}")


@pytest.mark.parametrize("value", ["present", "PRESENT", '"present"', "present; charset=utf-8"])
@pytest.mark.parametrize("body", ["text\na\n\nb", 'text\r\na\r\n""\r\nb\r\n', '"the\ntext"\na\n""\nb\n'])
def test_a_header_line_that_is_present_is_no_record(value: str, body: str) -> None:
    assert decode_request(body.encode(), f"text/csv; header={value}") == ["a", "", "b"]


@pytest.mark.parametrize("header", ["text/csv", "text/csv; header=absent", "text/csv;header=Absent"])
def test_without_a_header_line_the_first_record_is_one(header: str) -> None:
    assert decode_request(b"a\nb\n", header) == ["a", "b"]


@pytest.mark.parametrize("value", ["yes", "true", "", "1"])
def test_other_values_of_header_are_refused(value: str) -> None:
    with pytest.raises(UnsupportedContentType, match="header=present or header=absent"):
        decode_request(b"a\n", f"text/csv; header={value}")


def test_a_header_line_alone_is_refused() -> None:
    with pytest.raises(RequestRefused, match="no record"):
        decode_request(b"text\n", "text/csv; header=present")


def test_header_is_a_parameter_of_csv_alone() -> None:
    assert decode_request(b'["a"]', "application/json; header=present") == ["a"]


def test_a_header_line_does_not_count_for_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_requests, "MAX_RECORDS", 2)
    assert decode_request(b"text\na\nb\n", "text/csv; header=present") == ["a", "b"]
    with pytest.raises(BodyTooLarge):
        decode_request(b"text\na\nb\nc\n", "text/csv; header=present")


def test_invalid_bytes_are_refused_with_their_offset() -> None:
    with pytest.raises(RequestRefused, match="at byte 4") as caught:
        decode_request(b"caf\xc3\xa9 \xff".replace(b"\xc3\xa9", b"e\xe9"), CSV)
    assert caught.value.code == "InvalidEncoding"


@pytest.mark.parametrize(
    ("content_type", "body", "code", "record"),
    [
        (CSV, 'a\n"open', "MalformedCsv", 2),
        (CSV, 'a\n"b"c\n', "MalformedCsv", 2),
        (CSV, "a\nb,c\n", "WrongColumnCount", 2),
        (JSON, "{", "MalformedJson", None),
        (JSON, '["a", NaN]', "MalformedJson", None),
        (JSON, "[" * 100_000, "MalformedJson", None),
        (JSON, '{"a":' * 100_000, "MalformedJson", None),
        (JSON, "1" * 5000, "MalformedJson", None),
        (JSON, "7", "WrongJsonShape", None),
        (JSON, "null", "WrongJsonShape", None),
        (JSON, '{"texts": ["a"]}', "WrongJsonShape", None),
        (JSON, '{"text": 7}', "WrongJsonShape", None),
        (JSON, '["a", 7]', "WrongJsonShape", 2),
        (JSON, '["a", {"text": "b"}]', "WrongJsonShape", 2),
        (JSON, '{"instances": "a"}', "WrongJsonShape", None),
        (JSON, '{"instances": ["a"], "text": "b"}', "WrongJsonShape", None),
        (JSON, '{"instances": ["a", ["b"]]}', "WrongJsonShape", 2),
        (LINES, '"a"\nb\n', "MalformedJson", 2),
        (LINES, '"a"\n\n"c"\n', "MalformedJson", 2),
        (LINES, '"a"\n["b"]\n', "WrongJsonShape", 2),
        (LINES, '"a"\nInfinity', "MalformedJson", 2),
    ],
)
def test_bad_body_is_refused_with_the_record(content_type: str, body: str, code: str, record: int | None) -> None:
    with pytest.raises(RequestRefused) as caught:
        decode_request(body.encode(), content_type)
    assert (caught.value.status, caught.value.code, caught.value.record) == (400, code, record)


def test_several_columns_are_refused_with_how_to_select_one() -> None:
    with pytest.raises(RequestRefused, match=r"Record 3, which begins on line 4, has 2 columns.*InputFilter"):
        decode_request(b'"a\nb"\nc\nd,e\n', CSV)


@pytest.mark.parametrize("content_type", [PLAIN, CSV, JSON, LINES])
@pytest.mark.parametrize("body", [b"", ""])
def test_empty_body_is_refused(content_type: str, body: bytes | str) -> None:
    with pytest.raises(RequestRefused, match="body is empty"):
        decode_request(body, content_type)


@pytest.mark.parametrize("content_type", ["", "application/xml", "text", "application/vnd.apache.arrow.stream"])
def test_other_content_types_are_refused_with_ours(content_type: str) -> None:
    with pytest.raises(UnsupportedContentType, match="send one of text/plain, text/csv, application/json"):
        decode_request(b"a", content_type)


def test_too_large_a_body_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_requests, "MAX_BODY_BYTES", 10)
    assert decode_request(b"x" * 10, PLAIN) == ["x" * 10]
    with pytest.raises(BodyTooLarge, match="11 bytes; send at most 10"):
        decode_request(b"x" * 11, PLAIN)


@pytest.mark.parametrize(
    ("content_type", "body"), [(CSV, "a\nb\nc"), (JSON, '["a", "b", "c"]'), (LINES, '"a"\n"b"\n"c"')]
)
def test_too_many_records_are_refused(content_type: str, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_requests, "MAX_RECORDS", 3)
    assert len(decode_request(body, content_type)) == 3
    monkeypatch.setattr(text_requests, "MAX_RECORDS", 2)
    with pytest.raises(BodyTooLarge, match="more than 2 records"):
        decode_request(body, content_type)


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        (JSON, b"[" + b"[]," * 4_500_000 + b"[]]", "TooManyValues"),
        (JSON, b'{"text": "a", "x": [' + b'"bb",' * 9_000_000 + b'"bb"]}', "TooManyValues"),
        (LINES, b'"a"\n' + b"\n" * 10_000_000, "TooManyRecords"),
        (CSV, b"a\n" + b"bb," * 5_000_000, "MalformedCsv"),
    ],
    ids=["lists", "strings", "lines", "columns"],
)
def test_small_values_without_end_take_little_more_memory_than_the_body(
    content_type: str, body: bytes, code: str
) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(RequestRefused) as caught:
            decode_request(body, content_type)
        assert caught.value.code == code
        assert tracemalloc.get_traced_memory()[1] < 3 * len(body)
    finally:
        tracemalloc.stop()


def test_long_texts_in_json_are_read_whatever_marks_they_hold() -> None:
    texts = ["a, [b] and {c}; " * 200_000] * 3
    assert decode_request(json.dumps(texts).encode(), JSON) == texts


@given(st.binary(max_size=200), st.sampled_from([PLAIN, CSV, JSON, LINES]))
def test_any_bytes_are_read_or_refused(body: bytes, content_type: str) -> None:
    with contextlib.suppress(RequestRefused):
        assert all(isinstance(text, str) for text in decode_request(body, content_type))


@given(st.lists(st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"])), min_size=1))
def test_json_forms_agree(texts: list[str]) -> None:
    instances = {"instances": [{"text": text} for text in texts]}
    lines = "\n".join(json.dumps({"text": text}, ensure_ascii=False) for text in texts)
    assert decode_request(json.dumps(texts).encode(), JSON) == texts
    assert decode_request(json.dumps(instances, ensure_ascii=False).encode(), JSON) == texts
    assert decode_request(lines.encode(), LINES) == texts


@given(
    st.text(alphabet='"""a,\n\r\u2028\u00e9\ufeff', max_size=8).map(str.encode) | st.binary(max_size=6), st.booleans()
)
def test_a_staged_record_is_read_as_any_csv_is(field: bytes, in_quotes: bool) -> None:
    body = b'"%s"\n' % field if in_quotes else field
    found: list[object] = []
    for content_type in ("text/csv", "text/csv; charset=utf-8", "text/csv; charset=utf8"):  # the last is read at length
        try:
            found.append(decode_request(body, content_type))
        except RequestRefused as refusal:
            found.append((refusal.code, refusal.message.replace("utf8", "utf-8"), refusal.record))
    assert found[0] == found[1] == found[2]
