"""A server of each test's own, and Python programs with an SDK in an environment of its own, which know the server by
what `local-sagemaker env` prints, and by nothing else.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from local_sagemaker.containers import namespaces
from local_sagemaker.containers.images import environment
from local_sagemaker.daemon import RunningServer, client_environment, ensure_running, stop
from local_sagemaker.state import StateDirectory
from tests.sdks import environments

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "docs" / "examples"
_SECONDS = 900
_SEEN = ("PATH", "LANG", "TMPDIR", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Stay out of the whole suite's way: these tests run when they are asked for, by `make test-sdks`."""
    asked = (Path(argument.split("::")[0]).resolve() for argument in config.args)
    return None if any(path == HERE or HERE in path.parents for path in asked) else True


@dataclass(frozen=True, slots=True)
class Printed:
    """What a program printed, its errors among it."""

    text: str

    def value(self, name: str) -> str:
        """Return what stands after a name at the beginning of a line."""
        found = re.search(rf"^{re.escape(name)} (.*)$", self.text, re.MULTILINE)
        assert found is not None, self.text
        return found[1]


Run = Callable[..., Printed]


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The test's server, on which nothing is but what the test has made: which others ran before it must not matter."""
    with _own_server(tmp_path_factory) as running:
        yield running


@pytest.fixture
def shell(server: RunningServer) -> Mapping[str, str]:
    """What `local-sagemaker env` adds to a shell."""
    return client_environment(server)


@pytest.fixture
def v2(shell: Mapping[str, str], tmp_path: Path) -> Run:
    """Run a program with the SDK v2 in its environment."""
    return _runner("v2", shell, tmp_path)


@pytest.fixture
def v2_with_images(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The same beside a server that builds the environments of images."""
    with _own_server(tmp_path_factory, environment.SWITCH_VARIABLE) as running:
        yield _runner("v2", client_environment(running), tmp_path)


@pytest.fixture
def v3(shell: Mapping[str, str], tmp_path: Path) -> Run:
    """Run a program with the SDK v3 in its environment."""
    return _runner("v3", shell, tmp_path)


@pytest.fixture
def own_opt_ml() -> None:
    """Skip what cannot run without mount namespaces: code that names /opt/ml, as scripts do that the SDKs write."""
    if reason := namespaces.unavailable():
        pytest.skip(f"containers have no /opt/ml of their own here: {reason}")


@pytest.fixture
def aws(server: RunningServer) -> Callable[[str], Any]:
    """Makes boto3 clients of the test's server, which look at what the SDKs have left there."""
    return lambda service: boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


@contextmanager
def _own_server(directories: pytest.TempPathFactory, *unset: str) -> Iterator[RunningServer]:
    state = StateDirectory(directories.mktemp("local") / "state")
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("SAGEMAKER_LOCAL_PORT", *unset):
            patch.delenv(variable, raising=False)
        running = ensure_running(state)
    try:
        yield running
    finally:
        stop(state)


def _runner(version: str, shell: Mapping[str, str], folder: Path) -> Run:
    if not environments.is_current(version):
        pytest.skip(f"the SageMaker SDK {version} could not be had: `make test-sdks` builds its environment")
    seen = {name: os.environ[name] for name in _SEEN if name in os.environ}

    def run(program: Path | str, *arguments: str, **variables: str) -> Printed:
        command = [str(program)] if isinstance(program, Path) else ["-c", program]
        done = subprocess.run(
            [str(environments.python_of(version)), *command, *arguments],
            cwd=folder,
            env={**seen, "HOME": str(folder), **shell, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return Printed(done.stdout)

    return run
