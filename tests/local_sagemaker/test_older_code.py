"""A server that was started with other code than lies there by now: it says so, and goes on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_sagemaker import daemon, fingerprint
from local_sagemaker.daemon import RunningServer
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.conftest import CHECKOUT
from tests.local_sagemaker.test_cli import command

pytestmark = pytest.mark.long


@pytest.fixture
def older(own_state: StateDirectory, tmp_path: Path) -> Iterator[RunningServer]:
    """A server of another checkout's code."""
    copy = tmp_path / "checkout" / "local_sagemaker"
    shutil.copytree(CHECKOUT / "local_sagemaker", copy, ignore=shutil.ignore_patterns("__pycache__"))
    with (copy / "errors.py").open("a") as file:
        file.write("\n# As it was before.\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "local_sagemaker", "--state", str(own_state.root)], cwd=copy.parent
    )
    try:
        while (server := daemon.find(own_state)) is None:
            assert process.poll() is None
        yield server
    finally:
        process.terminate()
        process.wait(timeout=60)


def pipeline(state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the pipeline on the local SageMaker of a state directory."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PIPELINE_"))}
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=CHECKOUT,
        env=kept | {"SAGEMAKER_LOCAL_STATE": str(state)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


def test_every_command_says_that_a_server_runs_other_code_until_it_is_started_anew(older: RunningServer) -> None:
    state = older.state
    line = f"note: the local SageMaker (process {older.pid}) still runs the code that it was started with"
    for said in (command(state, "status").stdout, command(state, "up").stderr, command(state, "env").stderr):
        assert said.count(line) == 1
        assert "`local-sagemaker down` stops it" in said
    assert json.loads(command(state, "status", "--json").stdout)["code"] == "other"
    for said in (pipeline(state, "status").stderr, pipeline(state, "local", "status").stdout):
        assert said.count(line) == 1
        assert "`make local-down` stops it" in said
    assert daemon.find(StateDirectory(state)) == older  # it is left alone
    command(state, "down")
    assert pipeline(state, "local", "up").stderr == "starting the local SageMaker ...\n"
    assert pipeline(state, "local", "status").stdout.endswith("it runs the code of today\n")
    assert json.loads(command(state, "status", "--json").stdout)["code"] == "today's"


def test_a_server_that_does_not_say_what_it_runs_is_an_older_one(tmp_path: Path) -> None:
    assert daemon.other_code(RunningServer("http://127.0.0.1:1", 1, tmp_path)) is not None


def test_files_that_were_written_again_as_they_were_are_the_same_code() -> None:
    facts = fingerprint.facts()
    assert fingerprint.is_todays(facts)
    assert fingerprint.is_todays(facts | {"files": "of other times"})
    assert not fingerprint.is_todays(facts | {"files": "of other times", "contents": "of another text"})
