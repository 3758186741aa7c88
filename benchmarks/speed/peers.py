"""The peers that serve the whole model in one process, scikit-learn's `Pipeline` behind HTTP: MLServer and BentoML."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.speed import environments, models
from benchmarks.speed.connection import Place, StandardConnection
from benchmarks.speed.environments import Peer, PeerMissing
from local_sagemaker.containers.process_group import ProcessGroup

START_TIMEOUT_SECONDS = 90.0
_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


class MlServer:
    """Asks MLServer in the Open Inference Protocol."""

    def __init__(self, port: int) -> None:
        self._connection = StandardConnection(Place(port, "/v2/models/pipeline/infer"), _JSON)

    def ask(self, text: str) -> str:
        """Classify one text."""
        tensor = {
            "name": "texts",
            "shape": [1],
            "datatype": "BYTES",
            "data": [text],
            "parameters": {"content_type": "str"},
        }
        answer = json.loads(self._connection.ask(json.dumps({"inputs": [tensor]}).encode()))
        category: str = answer["outputs"][0]["data"][0]
        return category


class BentoMl:
    """Asks BentoML."""

    def __init__(self, port: int) -> None:
        self._connection = StandardConnection(Place(port, "/classify"), _JSON)

    def ask(self, text: str) -> str:
        """Classify one text."""
        categories: list[str] = json.loads(self._connection.ask(json.dumps({"texts": [text]}).encode()))
        return categories[0]


@contextmanager
def mlserver() -> Iterator[MlServer]:
    """Run MLServer without its pool of processes, which one request after the other only slows down.

    Raises
    ------
    PeerMissing
        If it cannot be installed, or does not start.
    """
    environments.make(environments.MLSERVER)
    http, grpc, metrics = _free_ports(3)
    settings = {
        "MLSERVER_HOST": "127.0.0.1",
        "MLSERVER_HTTP_PORT": str(http),
        "MLSERVER_GRPC_PORT": str(grpc),
        "MLSERVER_METRICS_PORT": str(metrics),
        "MLSERVER_PARALLEL_WORKERS": "0",
        "MLSERVER_DEBUG": "false",
    }
    command = [str(environments.MLSERVER.directory / "bin" / "mlserver"), "start", "."]
    with _running(environments.MLSERVER, command, settings, f"http://127.0.0.1:{http}/v2/models/pipeline/ready"):
        yield MlServer(http)


@contextmanager
def bentoml() -> Iterator[BentoMl]:
    """Run BentoML with one worker.

    Raises
    ------
    PeerMissing
        If it cannot be installed, or does not start.
    """
    environments.make(environments.BENTOML)
    (port,) = _free_ports(1)
    command = [
        *(str(environments.BENTOML.directory / "bin" / "bentoml"), "serve", "whole_pipeline:WholePipeline"),
        *("--host", "127.0.0.1", "--port", str(port)),
    ]
    settings = {"BENTOML_DO_NOT_TRACK": "true"}
    with _running(environments.BENTOML, command, settings, f"http://127.0.0.1:{port}/readyz"):
        yield BentoMl(port)


@contextmanager
def _running(peer: Peer, command: list[str], settings: dict[str, str], health: str) -> Iterator[None]:
    log = models.WORK / f"{peer.name}.log"
    inherited = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
    own = {
        "PATH": f"{peer.directory / 'bin'}:/usr/bin:/bin",
        "HOME": str(models.WORK),
        "PIPELINE": str(models.whole_pipeline()),
        "OMP_NUM_THREADS": "1",
    }
    environment = {**inherited, **own, **settings, "PYTHONDONTWRITEBYTECODE": "1"}
    # What it says goes to the file by itself: this process, which measures, has no time to read it.
    logged = ["/bin/sh", "-c", 'exec "$@" > "$0" 2>&1', str(log), *command]
    group = ProcessGroup(logged, environment, models.CONTENDERS / peer.name, log=lambda line: None)
    try:
        _wait(peer, group, health, log)
        yield
    finally:
        group.kill()


def _wait(peer: Peer, group: ProcessGroup, health: str, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline and group.is_alive():
        try:
            with urlopen(health, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.1)
    raise PeerMissing(f"{peer.name}: it did not start; {log} says why")


def _free_ports(count: int) -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports
