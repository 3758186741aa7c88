"""What the commands hand on to AWS clients, beside what any shell would get."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from local_sagemaker.daemon import RunningServer
from pipeline.aws import local_server

VARIABLE = "SAGEMAKER_ADMIN_CONFIG_OVERRIDE"


@pytest.fixture(autouse=True)
def running(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server = RunningServer("http://127.0.0.1:1", 1, tmp_path)
    monkeypatch.setattr(local_server, "_running", lambda: server)


def test_commands_have_the_sdk_read_no_settings_which_it_would_validate_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    variables = local_server.client_environment()
    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert variables[VARIABLE] == os.devnull
    monkeypatch.setenv(VARIABLE, local_server.shell_environment()[VARIABLE])  # as in a shell after `local env`
    assert local_server.client_environment()[VARIABLE] == os.devnull


def test_settings_that_the_user_chose_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/etc/ours.yaml")
    assert local_server.client_environment()[VARIABLE] == "/etc/ours.yaml"
