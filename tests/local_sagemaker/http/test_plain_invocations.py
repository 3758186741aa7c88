"""An invocation that is read in one look is what cheroot would have read; what is not plain is cheroot's."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest

from local_sagemaker.http import plain_invocations
from local_sagemaker.http.listener import RESERVED, Listener
from local_sagemaker.http.messages import HEADERS_KEY
from local_sagemaker.http.plain_invocations import AT_ONCE, read_plain
from tests.local_sagemaker.wire import signed_for

PATH = "/endpoints/my-endpoint/invocations"
HEADERS = {
    **signed_for("sagemaker"),
    "Content-Type": "text/csv; charset=utf-8",
    "X-Amzn-SageMaker-Custom-Attributes": "  a: b, c ",
}
Serve = Callable[[Callable[[dict[str, Any]], bytes]], int]


def request(*lines: str, first: str = f"POST {PATH} HTTP/1.1", body: bytes = b"body") -> bytes:
    given = [f"{name}: {value}" for name, value in HEADERS.items()]
    return "\r\n".join([first, "Host: here", *given, *lines, "", ""]).encode("latin-1") + body


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A server that answers a request's environ with what a function makes of it."""
    listeners = []

    def start(answer: Callable[[dict[str, Any]], bytes]) -> int:
        def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
            body = answer(environ)
            start_response("200 OK", [("X-Told", "yes"), ("Content-Length", str(len(body)))])
            return [body]

        listener = Listener(0, RESERVED)
        listener.listen()
        listener.answer_with(application, lambda: None)
        listeners.append(listener)
        return listener.port

    yield start
    for listener in listeners:
        listener.end()


def exchange(port: int, sent: bytes) -> tuple[int, dict[str, str], bytes]:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(sent)
        answer = HTTPResponse(client)
        answer.begin()
        return answer.status, dict(answer.getheaders()), answer.read()


def test_a_plain_head_is_read() -> None:
    plain = read_plain(request("Content-Length: 4"))
    assert plain is not None
    assert (plain.size, plain.path, plain.length) == (len(request("Content-Length: 4")) - 4, PATH, 4)
    assert plain.headers["x-amzn-sagemaker-custom-attributes"] == "a: b, c"


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        request("Content-Length: 4")[:-10],
        request(),
        request("Content-Length: -4"),
        request("Content-Length: " + "9" * 5000),
        request("Content-Length: \u00b2"),
        request("Content-Length: 4", "Content-Length: 5"),
        request("Content-Length: 4", "Transfer-Encoding: chunked"),
        request("Content-Length: 4", "Expect: 100-continue"),
        request("Content-Length: 4", "Connection: close"),
        request("Content-Length: 4", "X-Note: gr\u00fcn"),
        request("Content-Length: 4", "X-Note: one\nX-Other: two"),
        request("Content-Length: 4", "X-Note: one\rX-Other: two"),
        request("Content-Length: 4", "X-Note: one", " and more"),
        request("Content-Length: 4", "no colon"),
        request("Content-Length: 4", "nothing"),
        request("Content-Length: 4", ": no name"),
        request("Content-Length: 4", "X-Space : before"),
        request("Content-Length: 4", first=f"POST {PATH} HTTP/1.0"),
        request("Content-Length: 4", first=f"GET {PATH} HTTP/1.1"),
        request("Content-Length: 4", first=f"POST {PATH}?a=b HTTP/1.1"),
        request("Content-Length: 4", first="POST /endpoints/a%2Fb/invocations HTTP/1.1"),
        request("Content-Length: 4", first="POST /endpoints/a/async-invocations HTTP/1.1"),
        request("Content-Length: 4").replace(b"/sagemaker/", b"/s3/"),
        request("Content-Length: 4").replace(b"Authorization", b"X-Other"),
    ],
)
def test_what_is_not_plain_or_not_all_there_is_left_to_cheroot(sent: bytes) -> None:
    assert read_plain(sent) is None


def test_an_invocation_is_answered_the_same_whoever_reads_it(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def answer(environ: dict[str, Any]) -> bytes:
        read = {name: environ[name] for name in ("REQUEST_METHOD", "REQUEST_URI", "QUERY_STRING", HEADERS_KEY)}
        seen.append({**read, "body": environ["wsgi.input"].read(100), "rest": environ["wsgi.input"].read(100)})
        return b"answer"

    port, sent = serve(answer), request("Content-Length: 4")
    monkeypatch.setattr(plain_invocations, "formatdate", lambda *_, **__: "today")
    plain_invocations._date.cache_clear()
    plainly = exchange(port, sent)
    plain_invocations._date.cache_clear()
    monkeypatch.setattr(plain_invocations, "read_plain", lambda _: None)
    by_cheroot = exchange(port, sent)
    assert seen[0] == seen[1]
    assert plainly[1].pop("Date") == "today"
    assert by_cheroot[1].pop("Date").endswith("GMT")
    assert plainly == by_cheroot


@pytest.mark.parametrize("size", [0, 1, AT_ONCE, AT_ONCE + 1, 3 << 20])
def test_answers_of_any_length_arrive_and_the_connection_goes_on(serve: Serve, size: int) -> None:
    port = serve(lambda environ: environ["wsgi.input"].read(size + 1) * 2)
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as client:
        for _ in range(3):
            client.request("POST", PATH, b"x" * size, HEADERS)
            assert client.getresponse().read() == b"x" * (2 * size)


def test_what_follows_an_invocation_on_its_connection_is_answered_too(serve: Serve) -> None:
    port = serve(lambda environ: environ["REQUEST_URI"].encode() + environ["wsgi.input"].read(100))
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        other = request("Content-Length: 4", first="POST /other HTTP/1.1")
        client.sendall((request("Content-Length: 4") + other) * 2)
        for path in (PATH, "/other") * 2:
            answer = HTTPResponse(client)
            answer.fp = client.makefile("rb", buffering=0)  # unbuffered, so that no answer is taken with another
            answer.begin()
            assert answer.read() == path.encode() + b"body"


def test_a_connection_that_cannot_be_kept_is_said_to_end(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Listener, "keep_alive_conn_limit", 0)
    status, headers, body = exchange(serve(lambda environ: b"answer"), request("Content-Length: 4"))
    assert (status, headers["Connection"], body) == (200, "close", b"answer")
