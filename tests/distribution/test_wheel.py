"""The distribution as its users have it: built, installed into an empty environment, used from somewhere else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.timeout(1200)
CHECKOUT = Path(__file__).resolve().parents[2]
README = CHECKOUT / "local_sagemaker" / "README.md"
NOT_NEEDED = {"matplotlib", "nltk", "wordcloud", "scikit-learn", "pandas", "sagemaker-core", "pyarrow", "fonttools"}
TRAIN = """
import argparse, json, os, pathlib
import numpy
arguments = argparse.ArgumentParser()
arguments.add_argument("--degree", type=int)
points = numpy.loadtxt(pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], "train.csv"), delimiter=",")
fitted = numpy.polyfit(points[:, 0], points[:, 1], arguments.parse_args().degree)
pathlib.Path(os.environ["SM_MODEL_DIR"], "fitted.json").write_text(json.dumps(list(fitted)))
"""
INFERENCE = """
import json, pathlib
import numpy
def model_fn(directory):
    return json.loads(pathlib.Path(directory, "fitted.json").read_text())
def transform_fn(model, body, content_type, accept):
    return str(round(float(numpy.polyval(model, float(body))), 6)), "text/csv"
"""


class Environment:
    """A virtual environment that holds the wheel and what it depends on, and a folder away from the checkout."""

    def __init__(self, directory: Path) -> None:
        self.folder = directory / "elsewhere"
        self.folder.mkdir()
        subprocess.run([sys.executable, "-m", "venv", str(directory / "venv")], check=True, timeout=600)
        self._bin = directory / "venv" / "bin"
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON", "SAGEMAKER_"))
        }
        self._variables = clean | {
            "HOME": str(directory),
            "SAGEMAKER_LOCAL_IMAGE_ENVIRONMENTS": "off",  # nothing is downloaded for an image
            "XDG_DATA_HOME": str(directory / "data"),
        }
        self._variables.pop("VIRTUAL_ENV", None)

    def install(self, *packages: str) -> None:
        """Install packages, with uv where it is there, which takes seconds."""
        if shutil.which("uv") is None:
            self.run("pip", "install", "--quiet", "--disable-pip-version-check", *packages)
            return
        python = str(self._bin / "python")
        subprocess.run(["uv", "pip", "install", "--quiet", "--python", python, *packages], check=True, timeout=600)

    def processes(self) -> list[str]:
        """Return the command lines of what runs of this environment."""
        running = (one.info for one in psutil.process_iter(["cmdline", "status"]) if one.info["cmdline"])
        lines = (" ".join(info["cmdline"]) for info in running if info["status"] != psutil.STATUS_ZOMBIE)
        return [line for line in lines if str(self._bin) in line]

    def run(self, program: str, *arguments: str, code: int = 0) -> str:
        """Run a program of the environment; its exit code must be `code`."""
        done = subprocess.run(
            [str(self._bin / program), *arguments],
            cwd=self.folder,
            env=self._variables,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == code, f"{program} {arguments}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The wheel, built from the checkout and installed into an empty environment."""
    directory = tmp_path_factory.mktemp("installed")
    environment = Environment(directory)
    environment.install(str(_wheel(directory)))
    return environment


def _wheel(directory: Path) -> Path:
    """Build the wheel from a copy, as building leaves files beside the sources."""
    copy = directory / "sources"
    shutil.copytree(
        CHECKOUT / "local_sagemaker", copy / "local_sagemaker", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(CHECKOUT / name, copy)
    build = ["uv", "build", "--quiet", "--wheel", "--out-dir", str(directory), str(copy)]
    if shutil.which("uv") is None:
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
        build = [*pip, "--wheel-dir", str(directory), str(copy)]
    subprocess.run(build, check=True, timeout=600)
    (wheel,) = directory.glob("local_sagemaker-*.whl")
    return wheel


def test_it_brings_the_catalogue_of_images(installed: Environment) -> None:
    listed = installed.run("local-sagemaker", "images")
    assert "sagemaker-scikit-learn:1.2-1" in listed
    assert "sagemaker-xgboost:3.0-5" in listed


def test_it_brings_what_it_needs_and_nothing_of_the_text_pipeline(installed: Environment) -> None:
    names = {line.partition("==")[0].lower() for line in installed.run("pip", "freeze").splitlines()}
    assert "boto3" in names
    assert names & NOT_NEEDED == set()
    installed.run("python", "-c", "import pipeline", code=1)


def test_the_server_starts_is_seen_and_stops_leaving_nothing(installed: Environment) -> None:
    assert "the local SageMaker runs at http://127.0.0.1:" in installed.run("local-sagemaker", "up")
    assert "export AWS_ENDPOINT_URL=http://127.0.0.1:" in installed.run("local-sagemaker", "env")
    printed = installed.run("local-sagemaker", "status")
    assert str(installed.folder.parent / "data") in printed
    assert installed.processes() != []
    installed.run("local-sagemaker", "down")
    assert installed.processes() == []
    installed.run("local-sagemaker", "status", code=1)


def test_the_readmes_test_of_somebodys_own_code_passes(installed: Environment) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(example.splitlines()) <= 10
    source = installed.folder / "src"
    source.mkdir()
    (source / "train.py").write_text(TRAIN)
    (source / "inference.py").write_text(INFERENCE)
    (installed.folder / "test_mine.py").write_text(example)
    installed.install("pytest", "numpy")
    assert "1 passed" in installed.run("python", "-m", "pytest", "-q", "test_mine.py")
