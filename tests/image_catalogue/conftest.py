"""A server that may build environments, and those that the tests need, built before."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_sagemaker import daemon
from local_sagemaker.containers.images import environment
from local_sagemaker.state import StateDirectory
from tests.image_environments import built
from tests.local_sagemaker.sagemaker.cloud import Cloud

HERE = Path(__file__).resolve().parent

RunIn = Callable[[str, str], str]
"""Runs a script in an image's environment, and returns what it prints."""


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Stay out of the whole suite's way, as these tests download: `make test-image-catalogue` asks for them."""
    asked = (Path(argument.split("::")[0]).resolve() for argument in config.args)
    return None if any(path == HERE or HERE in path.parents for path in asked) else True


@pytest.fixture(scope="session", autouse=True)
def _switched_on() -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    patch.delenv(environment.SWITCH_VARIABLE, raising=False)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Clients of a server of these tests' own."""
    state = StateDirectory(tmp_path_factory.mktemp("local") / "state")
    server = daemon.ensure_running(state)
    try:
        with Cloud(daemon.client_environment(server)) as cloud:
            yield cloud
    finally:
        daemon.stop(state)


@pytest.fixture(scope="session")
def run_in() -> RunIn:
    """Runs a script with an image's own Python, which is no part of the local SageMaker."""

    def run(image: str, script: str) -> str:
        command = [str(built(image).python), "-c", script]
        return subprocess.run(command, check=True, text=True, capture_output=True).stdout

    return run
