"""How a command ends that is interrupted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
PROGRAM = """
from pipeline.cli import cli
@cli.command("wait")
def wait():
    {interruption}
cli(["wait"])
"""


@pytest.mark.parametrize("interruption", ["raise KeyboardInterrupt", "exec('raise KeyboardInterrupt')"])
def test_the_exit_code_is_the_same_wherever_python_was(tmp_path: Path, interruption: str) -> None:
    (tmp_path / "program.py").write_text(PROGRAM.format(interruption=interruption))
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", "program"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (130, "Error: Interrupted.\n")
