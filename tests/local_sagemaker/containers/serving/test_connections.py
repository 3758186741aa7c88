"""Kept-alive connections, against servers that do one thing each."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from local_sagemaker.containers.serving.connections import ConnectionPool, HttpResponse, NoHttpResponse

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
    """Behaves as told, each connection in its turn; a connection is told several things in a row."""

    def __init__(self, address: Path, connections: list[list[Behaviour]]) -> None:
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(str(address))
        self._listening.listen()
        self._open: list[socket.socket] = []
        self.accepted = 0
        self._threads = [threading.Thread(target=self._accept, args=[connections], daemon=True)]
        self._threads[0].start()

    def _accept(self, connections: list[list[Behaviour]]) -> None:
        for behaviours in connections:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self._open.append(client)
            self.accepted += 1
            self._threads.append(threading.Thread(target=self._behave, args=[client, behaviours], daemon=True))
            self._threads[-1].start()

    def _behave(self, client: socket.socket, behaviours: list[Behaviour]) -> None:
        try:
            for behave in behaviours:
                behave(client)
        except OSError:
            client.close()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for client in self._open:
            client.close()
        for thread in self._threads:
            thread.join(10)


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


def ask(pool: ConnectionPool, timeout: float = 10.0) -> HttpResponse:
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
    assert [ask(pool).body, ask(pool).body] == [b"one", b"two"]
    assert server.accepted == 2


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
    with pytest.raises(NoHttpResponse, match="closed without an answer"):
        ask(pool)
    assert server.accepted == 1


def test_a_new_connection_is_tried_once_only(serve: Serve) -> None:
    pool, server = serve([resetting], [answering(plain(b"two"))])
    with pytest.raises((NoHttpResponse, ConnectionError)):
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
        b"HTTP/1.1 \xb2\xb2\xb2 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n",
    ],
)
def test_what_is_no_answer_is_an_error(serve: Serve, answer: bytes) -> None:
    pool, _ = serve([answering(answer)])
    with pytest.raises(NoHttpResponse):
        ask(pool)


def test_a_connection_closed_within_the_answer_is_an_error(serve: Serve) -> None:
    def half(client: socket.socket) -> None:
        read_request(client)
        client.sendall(plain(b"one two three")[:-5])
        client.close()

    pool, _ = serve([half])
    with pytest.raises(NoHttpResponse):
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


class Worker:
    """Answers with its name, when it is told to."""

    def __init__(self, name: str) -> None:
        self.got = threading.Event()
        self.go = threading.Event()
        self._answer = plain(name.encode(), f"X-Worker: {name}")

    def __call__(self, client: socket.socket) -> None:
        read_request(client)
        self.got.set()
        self.go.wait(10)
        client.sendall(self._answer)


def held(pool: ConnectionPool, workers: list[Worker], clients: ThreadPoolExecutor) -> list[Future[HttpResponse]]:
    """Send as many requests at the same time as there are workers, so that each opens a connection."""
    waiting = []
    for worker in workers:
        waiting.append(clients.submit(ask, pool))
        assert worker.got.wait(10)
    return waiting


def let_go(workers: list[Worker], waiting: list[Future[HttpResponse]]) -> None:
    """Let the workers answer, one after the other."""
    for worker, request in zip(workers, waiting, strict=True):
        worker.go.set()
        request.result(10)


def test_a_busy_worker_is_not_waited_for_while_another_may_be_idle(serve: Serve) -> None:
    first, busy = [Worker("1"), Worker("1")], Worker("1")
    pool, _ = serve([first[0]], [first[1], busy], [answering(plain(b"by worker 2"))], workers=2)
    with ThreadPoolExecutor() as clients:
        let_go(first, held(pool, first, clients))
        waiting = held(pool, [busy], clients)
        assert ask(pool).body == b"by worker 2"
        let_go([busy], waiting)


def test_where_all_workers_are_busy_the_first_that_is_done_gets_the_request(serve: Serve) -> None:
    first, busy = [Worker("1"), Worker("1"), Worker("2")], [Worker("2"), Worker("1")]
    behaviours = [first[0]], [first[1], busy[1]], [first[2], busy[0]], [answering(plain(b"by worker 2"))]
    pool, _ = serve(*behaviours, workers=2)
    with ThreadPoolExecutor() as clients:
        let_go(first, held(pool, first, clients))
        waiting = held(pool, busy, clients)
        assert ask(pool).body == b"by worker 2"  # one connection is idle: behind worker 1
        let_go(busy, waiting)


def test_a_single_worker_is_waited_for(serve: Serve) -> None:
    first, busy = [Worker("1"), Worker("1")], Worker("1")
    pool, server = serve([first[0], answering(plain(b"by worker 1"))], [first[1], busy])
    with ThreadPoolExecutor() as clients:
        let_go(first, held(pool, first, clients))
        waiting = held(pool, [busy], clients)
        assert ask(pool).body == b"by worker 1"
        let_go([busy], waiting)
    assert server.accepted == 2


def test_of_idle_connections_the_one_of_the_idle_worker_is_used(serve: Serve) -> None:
    first, busy = [Worker("2"), Worker("1"), Worker("1")], Worker("1")
    then = [answering(plain(b"by worker 2")), answering(plain(b"by worker 1")), busy]
    pool, _ = serve(*([worker, behaviour] for worker, behaviour in zip(first, then, strict=True)), workers=2)
    with ThreadPoolExecutor() as clients:
        let_go(first, held(pool, first, clients))
        waiting = held(pool, [busy], clients)  # on the latest used connection, to worker 1
        assert ask(pool).body == b"by worker 2"
        let_go([busy], waiting)


def test_a_closed_pool_keeps_no_connection(serve: Serve) -> None:
    pool, server = serve([answering(plain(b"one"))], [answering(plain(b"two"))])
    ask(pool)
    pool.close()
    assert ask(pool).body == b"two"
    assert server.accepted == 2
