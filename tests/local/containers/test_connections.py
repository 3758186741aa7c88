"""Kept-alive connections, against servers that do one thing each."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.local.containers.connections import Answer, ConnectionPool, NoAnswer

HEAD = b"POST /invocations HTTP/1.1\r\nContent-Length: 4\r\n\r\n"

Behaviour = Callable[[socket.socket], None]


def read_request(client: socket.socket) -> None:
    received = b""
    while not received.endswith(b"body"):
        data = client.recv(1024)
        if not data:
            raise ConnectionError
        received += data


def answering(answer: bytes) -> Behaviour:
    """Read one request, answer it, and leave the connection open."""

    def behave(client: socket.socket) -> None:
        read_request(client)
        client.sendall(answer)

    return behave


def closing(client: socket.socket) -> None:
    """Read one request and close the connection."""
    read_request(client)
    client.close()


def resetting(client: socket.socket) -> None:
    """Close the connection when a request has come, without having read it."""
    client.recv(1, socket.MSG_PEEK)
    client.close()


def plain(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Server:
    """Behaves as told to one connection after the other; a connection is told several things in a row."""

    def __init__(self, address: Path, connections: list[list[Behaviour]]) -> None:
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(str(address))
        self._listening.listen()
        self._connections = connections
        self._open: list[socket.socket] = []
        self.accepted = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        for behaviours in self._connections:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self._open.append(client)
            self.accepted += 1
            try:
                for behave in behaviours:
                    behave(client)
            except OSError:
                continue

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for client in self._open:
            client.close()
        self._thread.join(10)


Serve = Callable[..., tuple[ConnectionPool, Server]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server of the given connections and a pool for it."""
    made: list[tuple[ConnectionPool, Server]] = []
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:

        def start(*connections: list[Behaviour], workers: int = 1) -> tuple[ConnectionPool, Server]:
            address = Path(directory) / str(len(made))
            made.append((ConnectionPool(address, workers), Server(address, list(connections))))
            return made[-1]

        yield start
        for pool, server in made:
            pool.close()
            server.close()


def ask(pool: ConnectionPool, timeout: float = 10.0) -> Answer:
    return pool.request(HEAD, b"body", timeout)


def test_a_connection_is_used_again(serve: Serve) -> None:
    pool, server = serve([answering(plain(b"one")), answering(plain(b"two"))])
    assert [ask(pool).body, ask(pool).body] == [b"one", b"two"]
    assert server.accepted == 1


def test_header_names_are_in_lower_case(serve: Serve) -> None:
    pool, _ = serve([answering(plain(b"", "Content-TYPE: text/csv; charset=utf-8"))])
    assert ask(pool).headers["content-type"] == "text/csv; charset=utf-8"


def test_a_connection_that_was_closed_meanwhile_is_not_used(serve: Serve) -> None:
    pool, server = serve([answering(plain(b"one")), lambda client: client.close()], [answering(plain(b"two"))])
    assert ask(pool).body == b"one"
    server._open[0].close()
    assert ask(pool).body == b"two"


def test_a_connection_that_the_server_gives_up_is_not_used(serve: Serve) -> None:
    pool, server = serve([answering(plain(b"one", "Connection: close"))], [answering(plain(b"two"))])
    assert [ask(pool).body, ask(pool).body] == [b"one", b"two"]
    assert server.accepted == 2


@pytest.mark.skipif(not hasattr(socket, "SO_PASSCRED"), reason="only Linux resets a unix socket with unread data")
def test_a_request_that_was_not_taken_is_sent_again(serve: Serve) -> None:
    pool, server = serve([answering(plain(b"one")), resetting], [answering(plain(b"two"))])
    assert [ask(pool).body, ask(pool).body] == [b"one", b"two"]
    assert server.accepted == 2


def test_a_request_that_was_taken_is_not_sent_again(serve: Serve) -> None:
    pool, server = serve([answering(plain(b"one")), closing], [answering(plain(b"two"))])
    ask(pool)
    with pytest.raises(NoAnswer, match="closed without an answer"):
        ask(pool)
    assert server.accepted == 1


def test_a_new_connection_is_tried_once_only(serve: Serve) -> None:
    pool, server = serve([resetting], [answering(plain(b"two"))])
    with pytest.raises((NoAnswer, ConnectionError)):
        ask(pool)
    assert server.accepted == 1


def test_an_answer_in_pieces_is_put_together(serve: Serve) -> None:
    def slowly(client: socket.socket) -> None:
        read_request(client)
        for byte in plain(b"one two three"):
            client.sendall(bytes([byte]))

    pool, _ = serve([slowly])
    assert ask(pool).body == b"one two three"


def test_chunks_are_put_together_and_the_connection_stays_usable(serve: Serve) -> None:
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nC; x=y\r\n, big world!\r\n0\r\n\r\n"
    pool, server = serve([answering(chunks.replace(b"; x=y", b"")), answering(plain(b"two"))])
    assert [ask(pool).body, ask(pool).body] == [b"hello, big world!", b"two"]
    assert server.accepted == 1


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_an_answer_that_has_no_body_by_its_status_is_not_waited_for(serve: Serve, status: str) -> None:
    pool, _ = serve([answering(f"HTTP/1.1 {status}\r\n\r\n".encode())])
    assert ask(pool).body == b""


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 fine\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnothing\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000,
    ],
)
def test_what_is_no_answer_is_an_error(serve: Serve, answer: bytes) -> None:
    pool, _ = serve([answering(answer)])
    with pytest.raises(NoAnswer):
        ask(pool)


def test_a_connection_closed_within_the_answer_is_an_error(serve: Serve) -> None:
    def half(client: socket.socket) -> None:
        read_request(client)
        client.sendall(plain(b"one two three")[:-5])
        client.close()

    pool, _ = serve([half])
    with pytest.raises(NoAnswer):
        ask(pool)


def test_no_answer_in_time_is_a_timeout_however_it_drips(serve: Serve) -> None:
    done = threading.Event()

    def drip(client: socket.socket) -> None:
        read_request(client)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not done.wait(0.02):
            client.sendall(b"x")

    pool, _ = serve([drip])
    try:
        with pytest.raises(TimeoutError):
            ask(pool, 0.2)
    finally:
        done.set()


def test_no_server_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        ask(ConnectionPool(Path(tmp_path.name) / "none", 1))


def test_a_closed_pool_keeps_no_connection(serve: Serve) -> None:
    pool, server = serve([answering(plain(b"one"))], [answering(plain(b"two"))])
    ask(pool)
    pool.close()
    assert ask(pool).body == b"two"
    assert server.accepted == 2
