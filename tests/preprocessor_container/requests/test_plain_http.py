"""Plain requests, answered without gunicorn's parser: what is taken for one means what gunicorn reads in it, and both
answer the same.
"""

from __future__ import annotations

import io
import re
import socket
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import ParseException
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader
from gunicorn.http.wsgi import create
from gunicorn.workers.base_async import AsyncWorker
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocessor_container.preprocessor.requests import plain_http
from preprocessor_container.preprocessor.requests.plain_http import answer_plainly, read_plain
from preprocessor_container.preprocessor.requests.responses import HttpResponse
from preprocessor_container.preprocessor.requests.wsgi import Application

PLAIN = b"POST /invocations HTTP/1.1\r\nHost: here:8080\r\nContent-Length: 5\r\nContent-Type: text/csv\r\n\r\nhello"
PING = b"GET /ping HTTP/1.1\r\nHost: here:8080\r\n\r\n"
LAST = b"GET /ping HTTP/1.1\r\nConnection: close\r\n\r\n"
LONG = b"x" * 200_000
BY_GUNICORN = {
    "chunks": b"POST /invocations HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "chunks and a length": PLAIN.replace(b"Host: here:8080", b"Transfer-Encoding: chunked"),
    "what a proxy saw": PLAIN.replace(b"Host: here:8080", b"X-Forwarded-Proto: https\r\nX-Forwarded-Ssl: off"),
    "closing": PLAIN.replace(b"Host: here:8080", b"Connection: close"),
    "an old version": PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"),
    "a field twice": PLAIN.replace(b"Host: here:8080", b"Accept: text/csv\r\naccept: application/json"),
    "two at once": PLAIN + PING,
    "an escaped path": PLAIN.replace(b"/invocations", b"/%69nvocations"),
    "a query": PLAIN.replace(b"/invocations", b"/invocations?a=b"),
    "no length": PLAIN.replace(b"Content-Length: 5\r\n", b""),
    "a bad length": PLAIN.replace(b"Length: 5", b"Length: +5"),
    "expecting": PLAIN.replace(b"Host: here:8080", b"Expect: 100-continue"),
    "a folded field": PLAIN.replace(b"Host: here:8080", b"Accept: text/csv,\r\n application/json"),
    "no HTTP": b"hello\r\n\r\n",
    "a part of a head": PLAIN[:40],
}


def environ_by_gunicorn(data: bytes) -> dict[str, Any]:
    client = SimpleNamespace(send=lambda _: None)
    request = Request(Config(), IterUnreader([data]), ("127.0.0.1", 1))
    _, environ = create(request, client, ("127.0.0.1", 1), ("127.0.0.1", 8080), Config())
    body = environ["wsgi.input"].read() if environ.get("CONTENT_LENGTH") else b""
    kept = {name: value for name, value in environ.items() if name.startswith(("HTTP_", "CONTENT_"))}
    return {**kept, **{name: environ[name] for name in ("REQUEST_METHOD", "PATH_INFO")}, "body": body}


def same_as_gunicorn_reads(data: bytes) -> bool:
    """Say whether data are a plain request, and see that gunicorn reads the same in them if they are."""
    request = read_plain(data)
    if request is None:
        return False
    theirs = environ_by_gunicorn(data)
    assert {"CONTENT_TYPE": "", "CONTENT_LENGTH": "0", **theirs} == {**request.environ, "body": request.body}
    return True


@pytest.mark.parametrize("data", [PLAIN, PING, PLAIN.replace(b"Host: here:8080", b"connection: Keep-Alive")])
def test_plain_requests_mean_what_gunicorn_reads_in_them(data: bytes) -> None:
    assert same_as_gunicorn_reads(data)


@pytest.mark.parametrize("data", BY_GUNICORN.values(), ids=BY_GUNICORN)
def test_all_else_is_left_to_gunicorn(data: bytes) -> None:
    assert read_plain(data) is None


NAMES = ["Host", "accept", "Content-Type", "Content-Length", "ContentType", "X-Amzn-Trace-Id", "Connection", "A_b", "é"]
NAMES += ["X-Forwarded-Proto", "Transfer-Encoding", "Expect", "Content-Length ", "", "TE", "Trailer", "Upgrade"]
VALUES = st.sampled_from(["text/csv", "5", "05", " 5", "5 ", "-5", "5, 5", "\t", "", "keep-alive", "close", "chunked"])
BETWEEN = st.sampled_from([": ", ": ", ": ", ": ", ":", " : "])
FIELDS = st.tuples(st.sampled_from(NAMES), BETWEEN, VALUES | st.text("a: \t\0é\r\n\x7f", max_size=3))
HEADS = st.just(("POST", "/invocations", "HTTP/1.1")) | st.tuples(
    st.sampled_from(["POST", "GET", "post", "HEAD"]),
    st.sampled_from(["/invocations", "/ping", "/", "//", "*", "/a b", "http://here/ping", "/Ping"]),
    st.sampled_from(["HTTP/1.1", "HTTP/1.0", "HTTP/2", "http/1.1"]),
)


LENGTHS = st.just([("content-length", ": ", "5")]) | st.just([])


@given(HEADS, LENGTHS, st.lists(FIELDS, max_size=3), st.sampled_from(["\r\n", "\r\n", "\r\n", "\n"]))
@settings(max_examples=300)
def test_no_request_is_read_otherwise_than_gunicorn_would_read_it(
    head: tuple[str, str, str], length: list[tuple[str, str, str]], fields: list[tuple[str, str, str]], newline: str
) -> None:
    lines = [" ".join(head), *map("".join, length + fields), "", "hello"]
    data = newline.join(lines).encode("latin-1")
    try:
        same_as_gunicorn_reads(data)
    except ParseException as refusal:
        raise AssertionError(f"gunicorn refuses it: {refusal!r}") from refusal


class Worker(AsyncWorker):
    """gunicorn's own `handle`, without a process, a pool or gevent."""

    def __init__(self, application: Application, keepalive: int = 5) -> None:
        self.cfg = Config()
        self.cfg.set("keepalive", keepalive)
        self.log = SimpleNamespace(debug=print, access=print, exception=self._failed, warning=print)
        self.wsgi = application
        self.alive, self.nr, self.max_requests = True, 0, 2**31
        self.failures: list[str] = []

    def timeout_ctx(self) -> Any:
        return io.BytesIO()

    def _failed(self, message: str, *_: object) -> None:
        self.failures.append(message)


def echo(body: bytes, content_type: str, accept: str) -> HttpResponse:
    return HttpResponse(repr((body, content_type, accept)).encode(), "text/plain")


Ask = Callable[..., bytes]


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Send pieces on one connection to a worker and return all that comes until it is closed."""
    threads = []

    def asked(worker: Worker, *pieces: bytes) -> bytes:
        ours, theirs = socket.socketpair()
        listener = SimpleNamespace(getsockname=lambda: ("127.0.0.1", 8080))
        thread = threading.Thread(target=worker.handle, args=(listener, theirs, ("127.0.0.1", 1)))
        threads.append(thread)
        thread.start()
        with ours:
            for piece in pieces:
                ours.sendall(piece)
            ours.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: ours.recv(2**16), b""))
        return re.sub(rb"Date: [^\r]+", b"Date: now", answer)

    yield asked
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def both_ways(ask: Ask, *pieces: bytes, application: Application | None = None) -> bytes:
    """Ask a worker that answers plainly and one that does not; they must answer the same."""
    application = application or Application(echo)
    plain, other = Worker(application), Worker(application)
    answer_plainly(plain)
    answers = [ask(worker, *pieces) for worker in (plain, other)]
    assert answers[0] == answers[1]
    assert plain.failures == other.failures
    return answers[0]


@pytest.mark.parametrize("data", BY_GUNICORN.values(), ids=BY_GUNICORN)
def test_whatever_comes_is_answered_as_gunicorn_answers_it(ask: Ask, data: bytes) -> None:
    both_ways(ask, data)


def test_first_bytes_of_what_is_gunicorns_are_not_lost(ask: Ask) -> None:
    answer = both_ways(ask, BY_GUNICORN["chunks"])
    assert b"(b'hello', 'application/json', 'application/json')" in answer


def test_body_that_comes_later_is_waited_for(ask: Ask) -> None:
    head = PLAIN.removesuffix(b"hello").replace(b"Length: 5", b"Length: %d" % len(LONG))
    answer = both_ways(ask, head, LONG[:7], LONG[7:])
    assert b"x" * len(LONG) in answer


def test_body_that_ends_early_is_refused_as_by_gunicorn(ask: Ask) -> None:
    assert b"IncompleteBody" in both_ways(ask, PLAIN[:-1])


def test_empty_connection_is_closed_without_a_word(ask: Ask) -> None:
    assert both_ways(ask) == b""


def test_failure_of_the_application_is_logged_and_answered_with_500(ask: Ask) -> None:
    def fails(*_: object) -> HttpResponse:
        raise RuntimeError("nobody expects this")

    plain = Worker(Application(fails))
    answer_plainly(plain)
    assert ask(plain, PLAIN).startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert len(plain.failures) == 1


def test_connection_is_kept_for_further_requests() -> None:
    worker = Worker(Application(echo))
    answer_plainly(worker)
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=worker.handle, args=(None, theirs, ("127.0.0.1", 1)))
    thread.start()
    with ours:
        for _ in range(3):
            ours.sendall(PLAIN)
            answer = ours.recv(2**16)
            assert answer.endswith(b"(b'hello', 'text/csv', 'application/json')")
            assert b"\r\nConnection: keep-alive\r\n" in answer
        worker.alive = False
        ours.sendall(PLAIN)
        assert b"\r\nConnection: close\r\n" in ours.recv(2**16)
        assert ours.recv(1) == b""
    thread.join(10)
    assert not thread.is_alive()


def test_idle_connection_is_closed_after_the_servers_keepalive() -> None:
    worker = Worker(Application(echo), keepalive=1)
    answer_plainly(worker)
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=worker.handle, args=(None, theirs, ("127.0.0.1", 1)))
    thread.start()
    with ours:
        assert ours.recv(1) == b""
    thread.join(10)
    assert worker.failures == []


@pytest.mark.parametrize("setting", [("accesslog", "-"), ("keepalive", 0), ("max_requests", 10)])
def test_worker_that_has_more_to_do_with_a_request_is_left_alone(setting: tuple[str, Any]) -> None:
    worker = Worker(Application(echo))
    worker.cfg.set(*setting)
    answer_plainly(worker)
    assert "handle" not in vars(worker)


def test_long_answers_are_sent_whole() -> None:
    sent: list[bytes] = []
    client = SimpleNamespace(
        send=lambda data: sent.append(data[:3]) or 3, sendall=lambda data: sent.append(bytes(data))
    )
    plain_http._send(client, b"0123456789")
    assert b"".join(sent) == b"0123456789"
