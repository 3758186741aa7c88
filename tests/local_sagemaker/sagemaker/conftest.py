"""One local server for all tests here, real clients of it, and containers that do as they are told."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_sagemaker.daemon import RunningServer, client_environment, ensure_running, stop
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.sagemaker.cloud import Cloud

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> StateDirectory:
    """The state directory of the tests' server."""
    return StateDirectory(tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="session")
def server(state: StateDirectory) -> Iterator[RunningServer]:
    """The tests' server, which runs until the last test."""
    yield ensure_running(state)
    stop(state)


@pytest.fixture(scope="session")
def environment(server: RunningServer) -> dict[str, str]:
    """What points clients at the tests' server."""
    return client_environment(server)


@pytest.fixture(scope="session")
def cloud(environment: dict[str, str]) -> Iterator[Cloud]:
    """Clients of the tests' server."""
    with Cloud(environment) as clients:
        yield clients


@pytest.fixture
def name() -> str:
    """A name that no other test has."""
    return f"test-{os.getpid()}-{next(_numbers)}"


@pytest.fixture
def own_state(tmp_path: Path) -> Iterator[StateDirectory]:
    """The state directory of a test that stops and starts its server itself."""
    state = StateDirectory(tmp_path / "state")
    yield state
    stop(state)
