"""The WSGI application of either container (the two are copies): what it takes from a request, and what it answers."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from wsgiref.validate import validator

import pytest
from gunicorn.config import Config
from gunicorn.http.body import Body, ChunkedReader, LengthReader
from gunicorn.http.unreader import IterUnreader
from gunicorn.http.wsgi import Response

from preprocessor_container.preprocessor.requests.responses import HttpResponse
from preprocessor_container.preprocessor.requests.wsgi import Application, read_body

Ask = Callable[..., tuple[str, dict[str, str], bytes]]


def echo(body: bytes, content_type: str, accept: str) -> HttpResponse:
    return HttpResponse(repr((body, content_type, accept)).encode(), "text/plain")


def environ(path: str = "/invocations", method: str = "POST", body: bytes = b"", **more: Any) -> dict[str, Any]:
    return {
        "PATH_INFO": path,
        "REQUEST_METHOD": method,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        **more,
    }


def ask(application: Application, request: dict[str, Any]) -> tuple[str, dict[str, str], bytes]:
    started: list[tuple[str, dict[str, str]]] = []
    body = b"".join(application(request, lambda status, headers, _=None: started.append((status, dict(headers)))))  # type: ignore[arg-type,func-returns-value]
    ((status, headers),) = started
    assert headers["Content-Length"] == str(len(body))
    return status, headers, body


@pytest.mark.parametrize(
    ("headers", "content_type"),
    [
        ({}, "application/json"),
        ({"CONTENT_TYPE": "text/csv; charset=utf-8"}, "text/csv; charset=utf-8"),
        ({"CONTENT_TYPE": "text/csv", "HTTP_CONTENTTYPE": "text/plain"}, "text/plain"),
    ],
)
def test_content_type_is_taken_as_the_toolkit_takes_it(headers: dict[str, str], content_type: str) -> None:
    _, _, body = ask(Application(echo), environ(body=b"x", **headers))
    assert body == repr((b"x", content_type, "application/json")).encode()


@pytest.mark.parametrize("accept", [{}, {"HTTP_ACCEPT": ""}, {"HTTP_ACCEPT": "*/*"}])
def test_default_accept_is_the_environments(accept: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "application/x-rows")
    _, _, body = ask(Application(echo), environ(**accept))
    assert b"application/x-rows" in body


@pytest.mark.parametrize(
    ("media_type", "content_type"),
    [("text/csv", "text/csv; charset=utf-8"), ("application/json", "application/json")],
)
def test_text_names_its_charset_as_werkzeug_names_it(media_type: str, content_type: str) -> None:
    status, headers, _ = ask(Application(lambda *_: HttpResponse(b"x", media_type, 413)), environ())
    assert status.startswith("413 ")
    assert headers["Content-Type"] == content_type


def test_ping_is_answered_with_nothing() -> None:
    status, _, body = ask(Application(echo), environ("/ping", "GET"))
    assert (status, body) == ("200 OK", b"")


@pytest.mark.parametrize(("size", "n_writes"), [(0, 1), (1, 1), (2**16, 1), (2**16 + 1, 2)])
def test_gunicorn_sends_a_short_answer_in_one_go(size: int, n_writes: int) -> None:
    sent: list[bytes] = []
    asked = SimpleNamespace(version=(1, 1), method="POST", should_close=lambda: False)
    response = Response(asked, SimpleNamespace(sendall=sent.append), Config())
    application = Application(lambda *_: HttpResponse(b"x" * size, "text/csv"))
    for piece in application(environ(), response.start_response):
        response.write(piece)
    response.close()
    head, _, body = b"".join(sent).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert body == b"x" * size
    assert len(sent) == n_writes


def test_execution_parameters_are_told_where_there_are_any() -> None:
    told = HttpResponse(b"{}", "application/json")
    assert ask(Application(echo, lambda: told), environ("/execution-parameters", "GET"))[2] == b"{}"
    assert ask(Application(echo), environ("/execution-parameters", "GET"))[0] == "404 Not Found"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/invocations", "405 Method Not Allowed", "MethodNotAllowed"),
        ("POST", "/", "404 Not Found", "NotFound"),
    ],
)
def test_what_is_not_there_is_said_in_json(method: str, path: str, status: str, code: str) -> None:
    found, headers, body = ask(Application(echo), environ(path, method))
    assert (found, headers["Content-Type"]) == (status, "application/json")
    assert json.loads(body)["error"]["code"] == code


def pieces(content: bytes) -> IterUnreader:
    return IterUnreader([content[start : start + 7] for start in range(0, len(content), 7)])


def test_body_of_a_known_length_is_read_and_no_more() -> None:
    unreader = pieces(b"hello world" * 5 + b"GET /ping")
    request = {"wsgi.input": Body(LengthReader(unreader, 55)), "CONTENT_LENGTH": "55"}
    assert read_body(request) == b"hello world" * 5
    assert unreader.read(9) == b"GET /ping"


def test_body_in_chunks_is_read_whole() -> None:
    wire = b"".join(b"%x\r\n%s\r\n" % (size, b"a" * size) for size in (1, 1000, 33)) + b"0\r\n\r\n"
    assert read_body({"wsgi.input": Body(ChunkedReader(None, pieces(wire)))}) == b"a" * 1034


def test_body_that_ends_early_is_refused() -> None:
    request = environ(body=b"half of it") | {"CONTENT_LENGTH": "20"}
    status, _, body = ask(Application(echo), request)
    assert status == "400 Bad Request"
    assert json.loads(body)["error"]["code"] == "IncompleteBody"


def test_it_keeps_to_the_standard_of_wsgi() -> None:
    more = {
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.url_scheme": "http",
    }
    answer = validator(Application(echo))(environ(body=b"x", **more), lambda *_: lambda piece: None)
    assert list(answer) == [b"(b'x', 'application/json', 'application/json')"]
    answer.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("container", ["preprocessor", "classifier"])
def test_serving_loads_no_framework_and_nothing_that_one_record_does_without(
    container: str, request: pytest.FixtureRequest
) -> None:
    base: Path = request.getfixturevalue(f"{container}_base")
    script = """
import sys
import serving
assert callable(serving.application)
print(*({"werkzeug", "flask", "sagemaker_containers", "scipy", "sklearn", "pandas", "joblib"} & sys.modules.keys()))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(base / "model" / "code"), "SAGEMAKER_BASE_DIR": str(base)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


@pytest.mark.parametrize("arguments", ["", "--preload"])
@pytest.mark.parametrize("container", ["preprocessor", "classifier"])
def test_artefact_that_cannot_be_served_ends_gunicorn_with_one_line(
    container: str, arguments: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    code = request.getfixturevalue(f"{container}_base") / "model" / "code"
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "-k", "gevent", "-b", f"unix:{tmp_path}/s", "serving:application"],
        env={"PYTHONPATH": str(code), "SAGEMAKER_BASE_DIR": str(tmp_path), "GUNICORN_CMD_ARGS": arguments},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=tmp_path,
    )
    assert done.returncode == 4
    (event,) = (json.loads(line) for line in done.stderr.splitlines() if line.startswith("{"))
    assert event["event"] == "refused to start"
    assert "Traceback" not in done.stderr
