"""What user code is handed and what becomes of what it returns. `tests/image` holds the same to the real image."""

from __future__ import annotations

import ast
import io

import numpy as np
import pytest

from local_sagemaker.containers import ContainerResponse, ServingContainer
from tests.local_sagemaker.containers.serving_containers import ECHO, LOADS_NOTHING, Starter

RETURNS = (
    LOADS_NOTHING
    + """
import sys
import flask

def transform_fn(model, body, content_type, accept):
    return eval(body)

def response(**settings):
    return flask.Response(**settings)

def request_path():
    return flask.request.path

def toolkit_response(text):
    from sagemaker_containers.beta.framework import content_types, encoders, env, transformer, worker
    return worker.Response(text, mimetype=content_types.CSV)

def inference_toolkit(rows, content_type):
    from sagemaker_inference import content_types, decoder, encoder
    text = encoder.encode(decoder.decode(rows, content_types.CSV), content_type)
    return flask.Response(text, mimetype=content_type)

def toolkit_fails():
    from sagemaker_inference.errors import UnsupportedFormatError
    from sagemaker_inference.encoder import encode
    try:
        encode([1], "text/xml")
    except UnsupportedFormatError as error:
        return str(error)

def fail():
    raise ValueError("no such thing")

def execution_parameters_fn():
    return {"MaxPayloadInMB": 6}
"""
)

DEFAULTS = """
class Doubling:
    def predict(self, data):
        return data * 2

def model_fn(model_dir):
    return Doubling()
"""


@pytest.fixture(scope="module")
def echo(shared_containers: Starter) -> ServingContainer:
    return shared_containers.healthy(ECHO).container


@pytest.fixture(scope="module")
def returns(shared_containers: Starter) -> ServingContainer:
    return shared_containers.healthy(RETURNS).container


@pytest.fixture(scope="module")
def defaults(shared_containers: Starter) -> ServingContainer:
    return shared_containers.healthy(DEFAULTS).container


def handed(answer: ContainerResponse) -> tuple[str | bytes, str, str]:
    """What the echo container got: body, content type, accept."""
    seen: tuple[str | bytes, str, str] = ast.literal_eval(answer.body.decode())
    return seen


@pytest.mark.parametrize("content_type", ["text/csv", "application/json"])
def test_exactly_two_types_arrive_as_text(echo: ServingContainer, content_type: str) -> None:
    assert handed(echo.invoke("grün".encode(), content_type, None)) == ("grün", content_type, "application/json")


@pytest.mark.parametrize(
    "content_type", ["text/csv; charset=utf-8", "application/json;charset=utf-8", "text/plain", "application/x-npy"]
)
def test_every_other_type_arrives_as_bytes(echo: ServingContainer, content_type: str) -> None:
    assert handed(echo.invoke(b"\xff", content_type, None))[0] == b"\xff"


def test_bytes_that_are_not_utf8_become_replacement_characters(echo: ServingContainer) -> None:
    assert handed(echo.invoke(b"a\xff\xe9b", "text/csv", None))[0] == "a\ufffd\ufffdb"


def test_without_a_content_type_it_is_json(echo: ServingContainer) -> None:
    assert handed(echo.invoke(b"1", None, None)) == ("1", "application/json", "application/json")


@pytest.mark.parametrize(("accept", "seen"), [(None, "application/json"), ("*/*", "application/json"), ("a/b", "a/b")])
def test_accept_is_json_unless_it_is_said(echo: ServingContainer, accept: str | None, seen: str) -> None:
    assert handed(echo.invoke(b"", "text/csv", accept))[2] == seen


def test_the_default_accept_can_be_set(containers: Starter) -> None:
    arrow = "application/vnd.apache.arrow.stream"
    container = containers.healthy(ECHO, SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT=arrow).container
    assert handed(container.invoke(b"", None, None))[2] == arrow
    assert handed(container.invoke(b"", None, "*/*"))[2] == arrow
    assert handed(container.invoke(b"", None, "text/csv"))[2] == "text/csv"


def test_user_code_can_switch_the_decoding_off(containers: Starter) -> None:
    switch = """
import sagemaker_containers._content_types
sagemaker_containers._content_types.UTF8_TYPES = []
"""
    container = containers.healthy(switch + ECHO).container
    assert handed(container.invoke(b"\xff", "text/csv", None))[0] == b"\xff"


@pytest.mark.parametrize(
    ("expression", "status", "content_type", "body"),
    [
        ('"grün", "text/csv"', 200, "text/csv; charset=utf-8", "grün"),
        ('b"abc", "application/x-thing"', 200, "application/x-thing", "abc"),
        ('None, "text/plain"', 200, "text/plain; charset=utf-8", ""),
        ('request_path(), "text/plain"', 200, "text/plain; charset=utf-8", "/invocations"),
        ('["a", b"b"], "text/plain"', 200, "text/plain; charset=utf-8", "ab"),
        ('"", "text/plain"', 200, "text/plain; charset=utf-8", ""),
        ('"x", None', 200, "application/json", "x"),
        ('"x", "application/atom+xml"', 200, "application/atom+xml; charset=utf-8", "x"),
        ('"bare"', 200, "text/html; charset=utf-8", "bare"),
        ('{"b": 1, "a": 2}', 200, "application/json", '{"a":2,"b":1}\n'),
        ('response(response="{}", status=415, mimetype="application/json")', 415, "application/json", "{}"),
        ("response(status=204)", 204, "text/html; charset=utf-8", ""),
        ('response(response=iter(["a", "b"] * 3), mimetype="text/plain")', 200, "text/plain; charset=utf-8", "ababab"),
        ('toolkit_response("1,2")', 200, "text/csv; charset=utf-8", "1,2"),
        ('inference_toolkit("1.5,2.0\\n3.0,4.5", "text/csv")', 200, "text/csv; charset=utf-8", "1.5,2.0\n3.0,4.5\n"),
        ('inference_toolkit("1,2", "application/json")', 200, "application/json", "[1, 2]"),
    ],
)
def test_what_is_returned_is_sent(
    returns: ServingContainer, expression: str, status: int, content_type: str, body: str
) -> None:
    answer = returns.invoke(expression.encode(), "text/csv", None)
    assert answer == ContainerResponse(status, content_type, body.encode())


@pytest.mark.parametrize(
    "expression",
    ["fail()", "sys.exit(0)", "None", "5", '(5, "text/plain")', '(bytearray(b"a"), "a/b")', '("\\ud800", "a/b")'],
)
def test_whatever_goes_wrong_is_an_html_500(returns: ServingContainer, expression: str) -> None:
    answer = returns.invoke(expression.encode(), "text/csv", None)
    assert answer.status == 500
    assert answer.content_type == "text/html; charset=utf-8"
    assert b"<title>500 Internal Server Error</title>" in answer.body


def test_the_inference_toolkit_says_which_type_it_does_not_write(returns: ServingContainer) -> None:
    answer = returns.invoke(b'(toolkit_fails(), "text/plain")', "text/csv", None)
    assert answer.body.startswith(b"Content type text/xml is not supported by this framework.")


def test_the_traceback_is_in_the_log(containers: Starter) -> None:
    started = containers.healthy(RETURNS)
    started.container.invoke(b"fail()", "text/csv", None)
    started.container.stop()
    assert "ValueError: no such thing" in started.said


def test_execution_parameters_are_what_the_module_says(returns: ServingContainer, echo: ServingContainer) -> None:
    assert returns.execution_parameters() == {"MaxPayloadInMB": 6}
    assert echo.execution_parameters() is None


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "answer", "type_"),
    [
        (b"1,2\n3,4\n", "text/csv", "text/csv", b"2.0,4.0\n6.0,8.0\n", "text/csv; charset=utf-8"),
        (b"1,2\n3,4\n", "text/csv", None, b"[[2.0, 4.0], [6.0, 8.0]]", "application/json"),
        (b"[[1, 2], [3, 4]]", None, "text/csv", b"2.0,4.0\n6.0,8.0\n", "text/csv; charset=utf-8"),
        (b"5", "text/csv", "application/json", b"10.0", "application/json"),
    ],
)
def test_default_functions_read_and_write_arrays(
    defaults: ServingContainer, body: bytes, content_type: str | None, accept: str | None, answer: bytes, type_: str
) -> None:
    assert defaults.invoke(body, content_type, accept) == ContainerResponse(200, type_, answer)


def test_default_functions_write_npy_and_read_it_again(defaults: ServingContainer) -> None:
    npy = defaults.invoke(b"[1, 2]", "application/json", "application/x-npy")
    assert defaults.invoke(npy.body, "application/x-npy", "application/json").body == b"[4.0, 8.0]"


@pytest.mark.parametrize(
    ("body", "content_type", "accept"),
    [
        (b"1,2", "text/csv; charset=utf-8", "text/csv"),
        (b"1,2", "text/csv", "foo/bar"),
        (b"a,b", "text/csv", "text/csv"),
        (b"{", "application/json", "text/csv"),
        (b"1,2\n3\n", "text/csv", "text/csv"),
    ],
)
def test_what_the_defaults_cannot_do_is_an_html_500(
    defaults: ServingContainer, body: bytes, content_type: str, accept: str
) -> None:
    assert defaults.invoke(body, content_type, accept).status == 500


def test_a_pickle_in_an_array_is_not_opened(defaults: ServingContainer) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.array([object()], dtype=object), allow_pickle=True)
    assert defaults.invoke(buffer.getvalue(), "application/x-npy", None).status == 500
