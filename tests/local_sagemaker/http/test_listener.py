"""The HTTP server's threads: what waits for a model takes none from what the model's code asks for meanwhile."""

from __future__ import annotations

import errno
import logging
import resource
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.http import listener
from local_sagemaker.http.listener import RESERVED, Listener
from local_sagemaker.http.origin_check import OriginCheck
from local_sagemaker.protocol.json_service import JsonService
from local_sagemaker.server import capacity
from local_sagemaker.server.application import Application
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.server.test_application import _S3, _Nothing
from tests.local_sagemaker.wire import signed_for

INVOCATION = "/endpoints/e/invocations"


class Model:
    """SageMaker with one endpoint, whose model does as told."""

    service = JsonService("sagemaker", {}, {})

    def __init__(self) -> None:
        self.predict: Callable[[], None] = lambda: None
        self.invocations = {"invocations": self.invoke_endpoint}

    def invoke_endpoint(self, name: str, body: bytes, headers: Any) -> Any:
        self.predict()
        return _Answer()


class _Answer:
    status, headers, body = 200, {"Content-Type": "text/plain"}, b"answer"


class Server:
    """A listener with an application that takes so many invocations at once."""

    def __init__(self, directory: Path, invocations: int) -> None:
        self.model, self.broken = Model(), threading.Event()
        self.listener = Listener(0, RESERVED + invocations)
        self.listener.listen()
        origins, state = OriginCheck(self.listener.port), StateDirectory(directory)
        services = self.model, _S3(ZeroDivisionError()), JsonService("logs", {}, {}), _Nothing()
        self.listener.answer_with(Application(origins, state, *services, invocations=invocations), self.broken.set)

    def status(self, method: str, path: str) -> int:
        with closing(HTTPConnection("127.0.0.1", self.listener.port, timeout=60)) as connection:
            connection.request(method, path, b"", signed_for("sagemaker") if method == "POST" else {})
            return connection.getresponse().status

    def healthy(self) -> bool:
        return self.status("GET", "/_local/health") == 200


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[int], Server]]:
    servers: list[Server] = []

    def start(invocations: int) -> Server:
        servers.append(Server(tmp_path, invocations))
        return servers[-1]

    yield start
    for server in servers:
        server.listener.end()


def test_more_invocations_than_threads_all_get_what_their_code_asks_this_server_for(
    serve: Callable[[int], Server],
) -> None:
    many = RESERVED + 32
    server, all_inside = serve(many), threading.Barrier(many, timeout=60)

    def predict() -> None:
        all_inside.wait()
        assert server.healthy()

    server.model.predict = predict
    with ThreadPoolExecutor(many) as clients:
        assert [*clients.map(lambda _: server.status("POST", INVOCATION), range(many))] == [200] * many


def test_invocations_beyond_the_bound_are_refused_and_leave_the_rest_its_threads(
    serve: Callable[[int], Server],
) -> None:
    server, go_on, inside = serve(10), threading.Event(), threading.Semaphore(0)

    def predict() -> None:
        inside.release()
        go_on.wait(60)

    server.model.predict = predict
    with ThreadPoolExecutor(10) as clients:
        asked = [clients.submit(server.status, "POST", INVOCATION) for _ in range(10)]
        assert all(inside.acquire(timeout=60) for _ in asked)
        assert server.status("POST", INVOCATION) == 503
        assert server.healthy()
        go_on.set()
        assert [one.result() for one in asked] == [200] * 10
    assert server.status("POST", INVOCATION) == 200


def test_threads_that_were_added_end_when_they_are_not_needed_any_more(serve: Callable[[int], Server]) -> None:
    many, threads = RESERVED + 16, list[int]()
    server, all_inside = serve(many), threading.Barrier(many, timeout=60)

    def predict() -> None:
        all_inside.wait()
        threads.append(len(server.listener.requests._threads))

    server.model.predict = predict
    with ThreadPoolExecutor(many) as clients:
        assert {*clients.map(lambda _: server.status("POST", INVOCATION), range(many))} == {200}
    assert max(threads) >= many
    for _ in range(max(threads)):
        assert server.healthy()
    assert len(server.listener.requests._threads) <= RESERVED + 9


def test_a_front_that_breaks_says_so(serve: Callable[[int], Server]) -> None:
    server = serve(1)
    assert server.healthy()
    server.listener.interrupt = ValueError("a worker broke")
    assert server.broken.wait(60)


def test_a_front_that_is_ended_is_not_broken(serve: Callable[[int], Server]) -> None:
    server = serve(1)
    assert server.healthy()
    server.listener.end()
    assert not server.broken.is_set()


def test_a_server_without_file_descriptors_waits_before_it_tries_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(listener, "time", type("clock", (), {"sleep": pauses.append, "time": time.time}))
    one = Listener(0, RESERVED)
    with caplog.at_level(logging.ERROR):
        for error in (OSError(errno.EMFILE, "Too many open files"), ValueError("another")):
            try:
                raise error
            except Exception:
                one.error_log("Error in HTTPServer.serve", logging.ERROR, traceback=True)
    assert len(pauses) == 1
    assert "Too many open files" in caplog.text


def test_a_front_that_cannot_have_its_threads_does_not_say_that_it_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(listener._Workers, "start", refuse)
    with pytest.raises(RuntimeError):
        Listener(0, RESERVED).listen()


@pytest.mark.parametrize(
    ("files", "invocations"), [(256, 1), (1024, 192), (8192, 1000), (1 << 20, 1000), (resource.RLIM_INFINITY, 1000)]
)
def test_invocations_leave_file_descriptors_for_what_they_ask(
    monkeypatch: pytest.MonkeyPatch, files: int, invocations: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    assert capacity.invocations_at_once() == invocations


@pytest.mark.parametrize(
    ("soft", "hard", "asked"),
    [(1024, 1 << 20, [(8192, 1 << 20)]), (1024, 4096, [(4096, 4096)]), (20000, 20000, []), (1024, 1024, [])],
)
def test_a_server_asks_for_the_file_descriptors_it_may_have(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, asked: list[tuple[int, int]]
) -> None:
    set_to: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: set_to.append(limits))
    capacity.take_files()
    assert set_to == asked
