"""How requests reach handlers and answers reach callers: pinned on the image, and held to the local runtime."""

from __future__ import annotations

import http.client
import json

import pytest

from tests.image.both_stacks import ServingPair

pytestmark = pytest.mark.image

CONTENT_TYPES = [
    "text/csv",
    "application/json",
    "text/plain",
    "text/csv; charset=utf-8",
    "application/json;charset=utf-8",
    "text/csv; charset=latin-1",
    "TEXT/CSV",
    "application/x-npy",
    "application/x-www-form-urlencoded",
    "application/vnd.apache.arrow.stream",
    "no type at all",
    "",
    None,
]
BODIES = {
    "ASCII": b"one,two",
    "UTF-8": "grün 世界\u2028\U0001f600".encode(),
    "invalid UTF-8": b"a\xff\xc3(b\xed\xa0\x80",
    "byte order mark": b"\xef\xbb\xbfx",
    "line ends": b"a\r\nb\rc\n",
    "NUL": b"a\x00b",
    "form": b"a=1&b=2",
    "nothing": b"",
}
ACCEPTS = [None, "*/*", "text/csv", "application/json", "application/json, */*;q=0.1", "", "nonsense"]
ANSWERS = {
    "tuple of str": (200, "application/json"),
    "tuple of bytes": (200, "application/octet-stream"),
    "tuple of text/csv": (200, "text/csv; charset=utf-8"),
    "tuple of text/csv with charset": (200, "text/csv; charset=latin-1; charset=utf-8"),
    "tuple of application/xml": (200, "application/xml; charset=utf-8"),
    "tuple of a +json type": (200, "application/vnd.api+json"),
    "tuple of Arrow": (200, "application/vnd.apache.arrow.stream"),
    "tuple without a type": (200, "application/json"),
    "tuple of three": (200, "text/plain; charset=utf-8"),
    "tuple of a list": (200, "text/plain; charset=utf-8"),
    "tuple of an iterator": (200, "text/plain; charset=utf-8"),
    "empty tuple body": (200, "application/json"),
    "tuple of a dict": (200, "text/plain; charset=utf-8"),
    "tuple of None": (200, "text/plain; charset=utf-8"),
    "tuple of one": (500, "text/html; charset=utf-8"),
    "tuple of a lone surrogate": (500, "text/html; charset=utf-8"),
    "array": (500, "text/html; charset=utf-8"),
    "iterator": (200, "text/html; charset=utf-8"),
    "str": (200, "text/html; charset=utf-8"),
    "bytes": (200, "text/html; charset=utf-8"),
    "dict": (200, "application/json"),
    "list": (200, "application/json"),
    "Flask response": (422, "application/json"),
    "Werkzeug response": (429, "text/plain; charset=utf-8"),
    "empty response": (204, "text/html; charset=utf-8"),
    "response with headers": (200, "image/png"),
    "response with a reason": (299, "text/html; charset=utf-8"),
    "response of a stream": (200, "text/plain; charset=utf-8"),
    "toolkit response": (200, "text/csv; charset=utf-8"),
    "toolkit response without a type": (202, "application/json"),
    "jsonify": (200, "application/json"),
    "request": (200, "text/plain; charset=utf-8"),
    "environment": (200, "text/plain; charset=utf-8"),
    "None": (500, "text/html; charset=utf-8"),
    "number": (500, "text/html; charset=utf-8"),
    "ValueError": (500, "text/html; charset=utf-8"),
    "HTTPException": (500, "text/html; charset=utf-8"),
    "UnicodeDecodeError": (500, "text/html; charset=utf-8"),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_a_body_is_str_only_for_exactly_csv_and_json(
    probes: dict[str, ServingPair], content_type: str | None, body: bytes
) -> None:
    answer = probes["transform_style"].same_answer(body, content_type)
    given = json.loads(answer.body)
    is_text = content_type in ("text/csv", "application/json", "", None)
    assert given["type"] == ("str" if is_text else "bytes")
    assert given["body"] == repr(body.decode(errors="replace") if is_text else body)


@pytest.mark.parametrize("accept", ACCEPTS)
def test_accept_is_json_when_nothing_is_asked_for(probes: dict[str, ServingPair], accept: str | None) -> None:
    answer = probes["transform_style"].same_answer(b"x", "text/plain", accept)
    expected = "application/json" if accept in (None, "", "*/*") else accept
    assert json.loads(answer.body)["accept"] == expected


@pytest.mark.parametrize("accept", [None, "*/*", "text/csv"])
def test_default_accept_comes_from_the_definition(probes: dict[str, ServingPair], accept: str | None) -> None:
    answer = probes["handler_style"].same_answer(b"x", "text/plain", accept)
    expected = "text/csv" if accept == "text/csv" else "application/vnd.apache.arrow.stream"
    assert json.loads(answer.body)["accept"] == expected


@pytest.mark.parametrize(("answer", "expected"), ANSWERS.items(), ids=ANSWERS)
def test_whatever_a_handler_returns_is_sent(
    probes: dict[str, ServingPair], answer: str, expected: tuple[int, str]
) -> None:
    got = probes["transform_style"].same_answer(f"answer: {answer}".encode(), "text/plain")
    assert (got.status, got.content_type) == expected


@pytest.mark.parametrize("body", ["a bytearray", "a memoryview", "an array", "a number"])
def test_a_body_of_neither_text_nor_bytes_fails(probes: dict[str, ServingPair], body: str) -> None:
    pair, request = probes["transform_style"], f"answer: tuple of {body}".encode()
    try:
        of_image = pair.image.invoke(request, "text/plain", None).status
    except http.client.IncompleteRead:  # gunicorn notices when it has sent the head already
        of_image = 500
    assert pair.local.invoke(request, "text/plain", None).status == of_image == 500


def test_exceptions_become_a_page_of_html(probes: dict[str, ServingPair]) -> None:
    answer = probes["transform_style"].same_answer(b"answer: ValueError", "text/plain")
    assert b"<title>500 Internal Server Error</title>" in answer.body
    assert b"a mistake" not in answer.body


@pytest.mark.parametrize("content_type", ["text/csv", "application/json", "text/plain", None])
def test_three_handlers_see_what_one_would(probes: dict[str, ServingPair], content_type: str | None) -> None:
    answer = probes["handler_style"].same_answer("grün".encode(), content_type, "text/csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert json.loads(answer.body)["predicted"] is True


@pytest.mark.parametrize("handler", ["input_fn", "predict_fn", "output_fn"])
def test_a_failing_handler_is_a_server_error(probes: dict[str, ServingPair], handler: str) -> None:
    answer = probes["handler_style"].same_answer(f"fail: {handler}".encode(), "text/plain")
    assert answer.status == 500


def test_execution_parameters_are_the_modules(probes: dict[str, ServingPair]) -> None:
    pair = probes["handler_style"]
    expected = {"MaxPayloadInMB": 3, "BatchStrategy": "SINGLE_RECORD", "MaxConcurrentTransforms": 2}
    assert pair.image.execution_parameters() == pair.local.execution_parameters() == expected


def test_without_execution_parameters_there_is_no_such_page(probes: dict[str, ServingPair]) -> None:
    pair = probes["transform_style"]
    assert pair.image.execution_parameters() is pair.local.execution_parameters() is None


DEFAULT_HANDLERS = {
    "CSV to JSON": (b"1,2\n3,4\n", "text/csv", None, 200),
    "one CSV row": (b"1,2.5\n", "text/csv", "text/csv", 200),
    "one CSV number": (b"3", "text/csv", None, 200),
    "one CSV number to CSV": (b"3", "text/csv", "text/csv", 500),
    "JSON to CSV": (b"[[1, 2], [3, 4]]", "application/json", "text/csv", 200),
    "JSON number": (b"7", "application/json", "application/json", 200),
    "JSON to npy": (b"[1, 2]", "application/json", "application/x-npy", 200),
    "quoted CSV": (b'"1","2"\n', "text/csv", None, 200),
    "words in CSV": (b"a,b\n", "text/csv", None, 500),
    "an open quote": (b'"1\n', "text/csv", None, 500),
    "ragged CSV": (b"1,2\n3\n", "text/csv", None, 500),
    "no CSV": (b"", "text/csv", None, 200),
    "broken JSON": (b"[1", "application/json", None, 500),
    "an unknown type": (b"1", "text/plain", None, 500),
    "CSV with charset": (b"1,2", "text/csv; charset=utf-8", None, 500),
    "an unknown accept": (b"1,2", "text/csv", "image/png", 500),
}


@pytest.mark.parametrize(("body", "content_type", "accept", "status"), DEFAULT_HANDLERS.values(), ids=DEFAULT_HANDLERS)
def test_default_handlers_read_and_write_arrays(
    probes: dict[str, ServingPair], body: bytes, content_type: str, accept: str | None, status: int
) -> None:
    assert probes["defaults"].same_answer(body, content_type, accept).status == status


def test_default_handlers_read_npy(probes: dict[str, ServingPair]) -> None:
    pair = probes["defaults"]
    array = pair.image.invoke(b"[[1.5, 2.5]]", "application/json", "application/x-npy").body
    assert pair.same_answer(array, "application/x-npy", "text/csv").body == b"6.0,10.0\n"


@pytest.mark.parametrize("size", [1, 100_000, 6_291_456])
def test_bodies_of_every_size_arrive_whole(probes: dict[str, ServingPair], size: int) -> None:
    answer = probes["handler_style"].same_answer(b"x" * size, "application/octet-stream")
    assert json.loads(answer.body)["body"] == repr(b"x" * size)
