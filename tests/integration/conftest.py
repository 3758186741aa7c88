"""Whole commands, as a user types them, against a local SageMaker of the tests' own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline.cli import cli
from tests.integration import lives
from tests.integration.watching import forget_clients, own_packages

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Shell:
    """Runs commands in the checkout, with a state directory and a pipeline name apart from the user's."""

    state: Path
    name: str
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE", "PIPELINE_"))}
        return kept | {"SAGEMAKER_LOCAL_STATE": str(self.state), "PIPELINE_NAME": self.name, **self.extra}

    def pipeline(self, *arguments: str, stdin: bytes = b"", code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run `python -m pipeline`; the exit code must be `code`."""
        return self.run([sys.executable, "-m", "pipeline", *arguments], stdin, code)

    def make(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run `make`; the exit code must be `code`."""
        return self.run(["make", "--no-print-directory", *arguments], b"", code)

    def json(self, *arguments: str) -> Any:
        """Run a command with `--json` and return what it printed."""
        return json.loads(self.pipeline(*arguments, "--json").stdout)

    def run(self, command: list[str], stdin: bytes, code: int) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command, input=stdin, capture_output=True, cwd=CHECKOUT, env=self.environment, timeout=240
        )
        result = subprocess.CompletedProcess(
            command, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        )
        assert result.returncode == code, f"{command} gave {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result


class SharedProcess(Shell):
    """Runs the commands in the tests' own process, where Python and the SDK need not start anew: that takes longer than
    most commands. What comes through `make`, or asks for it, is a process still.
    """

    def pipeline(self, *arguments: str, stdin: bytes = b"", code: int = 0) -> subprocess.CompletedProcess[str]:
        with _environment(self.environment), own_packages(), pytest.MonkeyPatch.context() as patch:
            patch.chdir(CHECKOUT)
            done = CliRunner().invoke(cli, arguments, input=stdin, prog_name="python -m pipeline")
        assert done.exit_code == code, f"{arguments} gave {done.exit_code}\n{done.output}\n{done.exception!r}"
        assert isinstance(done.exception, SystemExit | None), repr(done.exception)  # or it had printed a traceback
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)

    def process(self, *arguments: str, stdin: bytes = b"", code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run `python -m pipeline` as a process of its own."""
        return super().pipeline(*arguments, stdin=stdin, code=code)


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Have these variables alone, and clients of the SDK that know no others."""
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update(variables)
    forget_clients()
    try:
        yield
    finally:
        forget_clients()
        os.environ.clear()
        os.environ.update(kept)


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedProcess]:
    """A shell with its own local SageMaker, stopped at the end."""
    user = SharedProcess(tmp_path_factory.mktemp("state"), f"test-{os.getpid()}")
    yield user
    user.pipeline("local", "down")
    for directory in (CHECKOUT / "prepared").glob(f"{user.name}*"):
        shutil.rmtree(directory)


@pytest.fixture(scope="session")
def evaluated(deployed: SharedProcess) -> dict[str, Any]:
    """What `evaluate` says of what is deployed."""
    figures: dict[str, Any] = deployed.json("evaluate")
    return figures


@pytest.fixture(scope="session")
def reported(deployed: SharedProcess, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a report on what is deployed, compared with the other profile."""
    directory = tmp_path_factory.mktemp("user") / "report"
    printed = deployed.pipeline("report", "--compare", "seed", "--output", str(directory)).stdout
    assert printed.splitlines()[-1] == str(directory / "index.html")
    return directory


@pytest.fixture(scope="session")
def deployed(shell: SharedProcess) -> SharedProcess:
    """The same shell, with the sample corpus trained by two profiles and the default one deployed."""
    shell.pipeline("train", "--dataset", "sample", "--profile", "seed")
    shell.process("train", "--dataset", "sample", "--set", "preprocessor.budget=150000")  # as `demo` does
    shell.make("deploy-pipeline")
    return shell


@pytest.fixture(scope="session")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[lives.Life]:
    """The life of every command on `TARGET=aws`, with a local SageMaker of its own in AWS's place."""
    with lives.on_local(tmp_path_factory.mktemp("state"), tmp_path_factory.mktemp("user")) as life:
        yield life


@pytest.fixture(scope="session")
def life_on_moto(life: lives.Life, tmp_path_factory: pytest.TempPathFactory) -> Iterator[lives.Life]:
    """The same life with moto in AWS's place."""
    with lives.on_moto(life, tmp_path_factory.mktemp("user")) as lived:
        yield lived
