"""A real server process on a temporary state directory, and clients of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local_sagemaker import daemon
from local_sagemaker.daemon import RunningServer
from local_sagemaker.state import StateDirectory

CHECKOUT = Path(__file__).resolve().parents[2]
ClientFactory = Callable[..., Any]


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> StateDirectory:
    """The session's server's state directory."""
    return StateDirectory(tmp_path_factory.mktemp("local") / "state")


@pytest.fixture(scope="session")
def server(state: StateDirectory) -> Iterator[RunningServer]:
    """The session's server: started when it is first asked for, stopped at the end."""
    patch = pytest.MonkeyPatch()
    patch.delenv("SAGEMAKER_LOCAL_PORT", raising=False)
    running = daemon.ensure_running(state)
    try:
        yield running
    finally:
        daemon.stop(state)
        patch.undo()


@pytest.fixture(scope="session")
def client(server: RunningServer) -> ClientFactory:
    """Makes boto3 clients of the session's server: `client("s3")`."""
    return lambda service, **options: client_of(server, service, **options)


@pytest.fixture(scope="session")
def s3(client: ClientFactory) -> Any:
    """A boto3 S3 client."""
    return client("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    """A new bucket."""
    name = f"bucket-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def own_state(tmp_path: Path) -> Iterator[StateDirectory]:
    """A state directory of the test's own, for tests that start and stop servers; what runs at the end is stopped."""
    own = StateDirectory(tmp_path / "state")
    yield own
    daemon.stop(own)


def client_of(server: RunningServer, service: str, **options: Any) -> Any:
    """Make a boto3 client of a server; it does not retry, so that a test sees every error."""
    config = Config(retries={"total_max_attempts": 1}).merge(options.pop("config", Config()))
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=server.url,
        region_name=daemon.REGION,
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=config,
        **options,
    )
