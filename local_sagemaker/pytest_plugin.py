"""The pytest fixtures `local_sagemaker` and `empty_local_sagemaker`: a server of the tests' own, which boto3 talks to.

pytest loads this module in every run where the distribution is installed, so it imports the server only when a fixture
is used.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from local_sagemaker.testing import LocalSageMaker

_REDIRECTING = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
"""Variables that lead boto3 to somewhere else than what the server's variables say, besides `AWS_ENDPOINT_URL_…`."""


@pytest.fixture(scope="session")
def local_sagemaker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSageMaker]:
    """A local SageMaker with its own state and port for the whole session; boto3 and the SDKs talk to it.

    What one test makes the others see. The server and all that it runs are stopped when the session ends.
    """
    with _running(tmp_path_factory.mktemp("local-sagemaker") / "state") as running:
        yield running


@pytest.fixture
def empty_local_sagemaker(tmp_path: Path) -> Iterator[LocalSageMaker]:
    """A local SageMaker that holds nothing, for one test alone; boto3 and the SDKs talk to it as long as that runs."""
    with _running(tmp_path / "local-sagemaker-state") as running:
        yield running


@contextmanager
def _running(directory: Path) -> Iterator[LocalSageMaker]:
    from local_sagemaker import daemon
    from local_sagemaker.clients.start_up.local_sagemaker_redirection import keep_clients_here
    from local_sagemaker.state import StateDirectory
    from local_sagemaker.testing import LocalSageMaker

    state = StateDirectory(directory)
    with pytest.MonkeyPatch.context() as patch, ExitStack() as made:
        patch.delenv("SAGEMAKER_LOCAL_PORT", raising=False)
        server = daemon.ensure_running(state)
        try:
            _point_boto3(patch, daemon.client_environment(server))
            made.callback(keep_clients_here())
            yield LocalSageMaker(server.url, daemon.REGION, server.state)
        finally:
            daemon.stop(state)


def _point_boto3(patch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    """Set what clients read, and let boto3 make its default session anew: it remembers region and credentials."""
    import boto3

    for name in [*_REDIRECTING, *(name for name in os.environ if name.startswith("AWS_ENDPOINT_URL_"))]:
        patch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        patch.setenv(name, os.devnull)
    for name, value in environment.items():
        patch.setenv(name, value)
    patch.setattr(boto3, "DEFAULT_SESSION", None)
