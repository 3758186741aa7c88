"""Connections are read without losing count, and short answers leave in one piece."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest
from cheroot.makefile import StreamWriter

from local_sagemaker.http import connection
from local_sagemaker.http.connection import Reader
from local_sagemaker.http.listener import RESERVED, Listener
from local_sagemaker.http.plain_invocations import AT_ONCE


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server that answers with as many bytes as the path says, or with the name of the thread that answers."""

    def answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        path = environ["PATH_INFO"].strip("/")
        body = threading.current_thread().name.encode() if path == "thread" else b"x" * int(path)
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    listener = Listener(0, RESERVED)
    listener.listen()
    listener.answer_with(answer, lambda: None)
    yield listener.port
    listener.end()


@pytest.mark.parametrize(("size", "n_writes"), [(0, 1), (1, 1), (AT_ONCE, 1), (AT_ONCE + 1, 2)])
def test_a_short_answer_is_written_in_one_go(
    size: int, n_writes: int, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bytes] = []
    write = StreamWriter.write
    monkeypatch.setattr(StreamWriter, "write", lambda self, data: (written.append(bytes(data)), write(self, data))[1])
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as client:
        client.request("GET", f"/{size}")
        assert client.getresponse().read() == b"x" * size
    assert len(written) == n_writes
    assert written[0].startswith(b"HTTP/1.1 200 OK\r\n")


def test_requests_that_come_together_are_all_answered(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(b"GET /1 HTTP/1.1\r\nHost: here\r\n\r\n" * 3)
        for _ in range(3):
            answer = HTTPResponse(client)
            answer.fp = client.makefile("rb", buffering=0)  # unbuffered, so that no answer is taken with another
            answer.begin()
            assert (answer.status, answer.read()) == (200, b"x")


def test_requests_that_follow_at_once_are_answered_by_the_same_thread(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_NEXT_MILLISECONDS", 20_000)
    answering = set()
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as client:
        for _ in range(5):
            client.request("GET", "/thread")
            answering.add(client.getresponse().read())
    assert len(answering) == 1


def test_idle_connections_hold_no_threads(port: int) -> None:
    clients = [HTTPConnection("127.0.0.1", port, timeout=20) for _ in range(RESERVED + 8)]
    for client in clients:
        client.request("GET", "/1")
        assert client.getresponse().read() == b"x"
    for client in clients:
        client.close()


def test_a_reader_knows_whether_more_is_here() -> None:
    near, far = socket.socketpair()
    with near, far, Reader(near, 16) as reader:
        assert not reader.has_data()
        far.sendall(b"line\nbody")
        assert reader.readline(3) == b"lin"
        assert reader.readline() == b"e\n"
        assert reader.has_data()
        assert reader.read(4) == b"body"
        assert (reader.has_data(), reader.bytes_read) == (False, 9)
