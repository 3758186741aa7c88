"""The examples without an SDK: boto3, the aws CLI, and the pytest fixture."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.sdks.conftest import EXAMPLES

_OF_THIS_ENVIRONMENT = Path(sys.executable).parent


def run(command: list[str], folder: Path, variables: Mapping[str, str]) -> str:
    """Run a command of this environment in a shell's environment, and return what it prints."""
    path = os.pathsep.join([str(_OF_THIS_ENVIRONMENT), os.environ["PATH"]])
    done = subprocess.run(
        command,
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_boto3_trains_serves_asks_and_removes(
    shell: Mapping[str, str], tmp_path: Path, aws: Callable[[str], Any]
) -> None:
    printed = run([sys.executable, str(EXAMPLES / "boto3_life.py")], tmp_path, shell)
    assert "storm ['1', '0']" in printed
    assert aws("sagemaker").list_endpoints(NameContains="weather-boto3")["Endpoints"] == []


def test_the_cli_trains_serves_asks_and_removes(
    shell: Mapping[str, str], tmp_path: Path, aws: Callable[[str], Any]
) -> None:
    printed = run(["sh", str(EXAMPLES / "aws_cli.sh")], tmp_path, shell)
    assert "storm 1 0" in printed
    assert aws("sagemaker").list_models(NameContains="weather-cli")["Models"] == []


def test_the_fixture_needs_no_shell(tmp_path: Path) -> None:
    checkout = EXAMPLES.parents[1]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "local_sagemaker.pytest_plugin", "-p", "no:cacheprovider"]
    printed = run(
        [*command, "-c", os.devnull, str(EXAMPLES / "test_weather.py")], tmp_path, {"PYTHONPATH": str(checkout)}
    )
    assert "1 passed" in printed
