"""How a command ends that is interrupted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
INTERRUPTIONS = ["raise KeyboardInterrupt", "exec('raise KeyboardInterrupt')"]
PROGRAM = """
from pipeline.cli import cli
@cli.command("wait")
def wait():
    {interruption}
cli(["wait"])
"""


@pytest.mark.parametrize("interruption", INTERRUPTIONS)
def test_the_exit_code_is_the_same_wherever_python_was(tmp_path: Path, interruption: str) -> None:
    (tmp_path / "program.py").write_text(PROGRAM.format(interruption=interruption))
    assert ended(tmp_path, "program") == (130, "Error: Interrupted.\n")


@pytest.mark.parametrize("interruption", INTERRUPTIONS)
def test_there_is_no_stack_trace_while_a_command_is_imported(tmp_path: Path, interruption: str) -> None:
    (tmp_path / "click.py").write_text(interruption)
    assert ended(tmp_path, "pipeline") == (130, "Error: Interrupted.\n")


def ended(directory: Path, module: str) -> tuple[int, str]:
    """Run a module where the directory's own come first; return its exit code and what it says."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", module]
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr
