"""The command `local-sagemaker`, as a shell runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_sagemaker.containers import namespaces
from local_sagemaker.daemon import RunningServer
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.conftest import CHECKOUT, client_of
from tests.local_sagemaker.marks import own_opt_ml


def command(state: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run `local-sagemaker --state <state>`; the exit code must be `code`."""
    done = subprocess.run(
        [sys.executable, "-c", "from local_sagemaker.cli import main; main()", "--state", str(state), *arguments],
        cwd=CHECKOUT,
        env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, f"{arguments}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture
def running(own_state: StateDirectory) -> Iterator[Path]:
    """The state directory of a server that `up` has started."""
    command(own_state.root, "up")
    yield own_state.root
    command(own_state.root, "down")


def test_env_is_what_a_shell_evaluates(running: Path) -> None:
    printed = command(running, "env").stdout
    shell = subprocess.run(
        ["sh", "-c", f"{printed}\necho $AWS_ENDPOINT_URL"], capture_output=True, text=True, check=True
    )
    assert shell.stdout.strip() == json.loads(command(running, "status", "--json").stdout)["url"]


@pytest.mark.parametrize("first", [True, False])
def test_the_module_is_the_command_where_one_is_named(tmp_path: Path, first: bool) -> None:
    given = ["--state", str(tmp_path), "status"] if first else ["status"]
    done = subprocess.run(
        [sys.executable, "-m", "local_sagemaker", *given],
        cwd=CHECKOUT,
        env={**os.environ, "SAGEMAKER_LOCAL_STATE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, "no server runs there, and none was started"
    assert done.stdout.startswith(f"no server runs for {tmp_path}"), done


def test_status_names_what_runs(running: Path) -> None:
    found = json.loads(command(running, "status", "--json").stdout)
    assert found["running"]
    assert found["endpoints"] == found["training"] == found["transform"] == []
    assert f"state     {running}" in command(running, "status").stdout


def test_status_says_whether_containers_have_their_own_opt_ml(
    own_state: StateDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(namespaces.VARIABLE, "off")
    command(own_state.root, "up")
    said = "/opt/ml   no container has its own, so code that spells it out fails: SAGEMAKER_LOCAL_NAMESPACES is off"
    assert said in command(own_state.root, "status").stdout.splitlines()
    found = json.loads(command(own_state.root, "status", "--json").stdout)
    assert found["opt_ml"] == "mapped: SAGEMAKER_LOCAL_NAMESPACES is off"


@own_opt_ml
def test_status_says_that_each_container_has_its_own_opt_ml(running: Path) -> None:
    assert "/opt/ml   each container has its own" in command(running, "status").stdout.splitlines()


def test_logs_are_those_of_the_name_that_is_asked_for(running: Path) -> None:
    found = json.loads(command(running, "status", "--json").stdout)
    logs = client_of(RunningServer(found["url"], found["pid"], running), "logs")
    for number, group in enumerate(("/aws/sagemaker/TrainingJobs", "/mine")):
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="one")
        line = {"timestamp": 1_790_000_000_000 + number, "message": f"said in {group}"}
        logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=[line])
    everything = ["/aws/sagemaker/TrainingJobs/one  said in /aws/sagemaker/TrainingJobs", "/mine/one  said in /mine"]
    assert command(running, "logs").stdout.splitlines() == everything
    assert command(running, "logs", "Training").stdout.splitlines() == everything[:1]


def test_without_a_server_it_says_how_to_start_one(tmp_path: Path) -> None:
    assert "`local-sagemaker up` starts one" in command(tmp_path, "status", code=1).stdout
    assert "`local-sagemaker up` starts one" in command(tmp_path, "logs", code=1).stderr
    assert "was not running" in command(tmp_path, "down").stdout


def test_the_servers_own_log_is_there_after_it_stopped(running: Path) -> None:
    command(running, "down")
    assert "listening on 127.0.0.1" in command(running, "logs", "--server").stdout
