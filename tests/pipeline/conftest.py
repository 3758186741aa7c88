"""What the tests of the commands share: a session on the AWS target, with moto in AWS's place."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from moto import mock_aws

from pipeline.aws.session import Choices, Session
from pipeline.aws.target import use_aws
from tests.pipeline.kills import Kills


@pytest.fixture
def aws_session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session with the defaults, in an account of its own that has nothing yet."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        yield Session(use_aws(), Choices())


@pytest.fixture
def kills(monkeypatch: pytest.MonkeyPatch) -> Kills:
    """What kills a command at one of its requests."""
    kills = Kills()
    kills.watch(monkeypatch)
    return kills
