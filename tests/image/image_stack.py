"""The rebuilt AWS image as something to train and serve with: the toolkits' own entry points, driven over real HTTP.

It takes the same definitions as the local runtime's containers, so that a test can hand one definition to both. What a
container installs at its start goes into an overlay of the environment, its own virtual environment in front of the
shared one; so two containers never see each other's `inference` module.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import tarfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_sagemaker.containers import (
    ContainerFailed,
    ContainerResponse,
    ServingDefinition,
    TrainingDefinition,
    TrainingOutcome,
)
from tests.image import build

if TYPE_CHECKING:
    from collections.abc import Mapping

_GLUE = Path(__file__).resolve().parent / "glue"
_OPT_ML = "/opt/ml"
_FAILURE_CHARACTERS = 1024

# The toolkit binds all interfaces; here nothing may listen beyond this machine.
_GUNICORN = """#!{python}
import sys
from gunicorn.app.wsgiapp import run
sys.argv = [argument.replace("0.0.0.0:", "127.0.0.1:") for argument in sys.argv]
run()
"""


class ImageServing:
    """One serving container of the image: an overlay, a base directory for /opt/ml, the toolkit's launcher."""

    def __init__(self, definition: ServingDefinition, base: Path) -> None:
        self._definition = definition
        self.base = base
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def lay_out(self) -> None:
        """Make what is there on AWS before a container starts: the model unpacked, and the image's environment."""
        model = self.base / "model"
        model.mkdir(parents=True)
        if self._definition.model_archive is not None:
            with tarfile.open(self._definition.model_archive) as archive:
                archive.extractall(model, filter="data")
        _overlay(self.base / "overlay")

    def start(self) -> None:
        """Spawn the launcher, as the image's entry point `serve` does; lay out before, where nobody has."""
        if not (self.base / "overlay").exists():
            self.lay_out()
        given = {name: _mapped(value, self.base) for name, value in self._definition.environment.items()}
        own = {"SAGEMAKER_USE_NGINX": "false", "SAGEMAKER_BIND_TO_PORT": str(self._port)}
        self._process = _spawn("sagemaker_containers.cli.serve", self.base, {**given, **own})

    def wait_until_healthy(self, timeout: float) -> None:
        """Ask for /ping until it answers 200.

        Raises
        ------
        ContainerFailed
            With the container's output, if it died or did not answer in `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise ContainerFailed(f"the launcher died:\n{self.output()}")
            if self._ping() == http.client.OK:
                return
            time.sleep(0.05)
        raise ContainerFailed(f"no /ping in {timeout} s:\n{self.output()}")

    def _ping(self) -> int | None:
        try:
            return self._request("GET", "/ping").status
        except OSError:
            return None

    def invoke(self, body: bytes, content_type: str | None, accept: str | None) -> ContainerResponse:
        """Send one request to /invocations; a header that is None is not sent."""
        given = {"Content-Type": content_type, "Accept": accept}
        headers = {name: value for name, value in given.items() if value is not None}
        return self._request("POST", "/invocations", body, headers)

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return self._port

    @property
    def process_id(self) -> int:
        """The launcher's."""
        assert self._process is not None
        return self._process.pid

    def execution_parameters(self) -> Mapping[str, Any] | None:
        """Return what the module's `execution_parameters_fn` answers, None where it has none."""
        response = self._request("GET", "/execution-parameters")
        return None if response.status == http.client.NOT_FOUND else json.loads(response.body)

    def _request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> ContainerResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return ContainerResponse(response.status, response.getheader("Content-Type"), response.read())
        finally:
            connection.close()

    def output(self) -> str:
        """Return all that the container printed."""
        return (self.base / "output.log").read_text(errors="replace")

    def stop(self) -> None:
        """End the container and all its processes."""
        if self._process is not None:
            _end(self._process)


class ImageTraining:
    """One training container of the image, run through the training toolkit's `train`."""

    def __init__(self, definition: TrainingDefinition, base: Path) -> None:
        self._definition = definition
        self.base = base

    def run(self) -> TrainingOutcome:
        """Train to the end; the failure reason is the failure file's text, as AWS takes it."""
        self._lay_out()
        given = {name: _mapped(value, self.base) for name, value in self._definition.environment.items()}
        # SageMaker gives the host a name that resolves; without a network none does, and the toolkit would wait for it.
        own = {"SM_STUDIO_LOCAL_MODE": "True", "TRAINING_JOB_NAME": self._definition.job_name}
        _overlay(self.base / "overlay")
        process = _spawn("sagemaker_training.cli.train", self.base, {**given, **own})
        try:
            exit_code = process.wait(timeout=120)
        finally:
            _end(process)
        failure = self.base / "output" / "failure"
        return TrainingOutcome(exit_code, failure.read_text()[:_FAILURE_CHARACTERS] if failure.exists() else None)

    def _lay_out(self) -> None:
        for directory in ("input/config", "model", "output/data"):
            (self.base / directory).mkdir(parents=True, exist_ok=True)
        definition = self._definition
        hyperparameters = {name: _mapped(value, self.base) for name, value in definition.hyperparameters.items()}
        configuration = {
            "hyperparameters": hyperparameters,
            "inputdataconfig": definition.channels,
            "resourceconfig": definition.resources,
        }
        for name, content in configuration.items():
            (self.base / "input" / "config" / f"{name}.json").write_text(json.dumps(content))

    def output(self) -> str:
        """Return all that the container printed."""
        return (self.base / "output.log").read_text(errors="replace")


def _mapped(value: str, base: Path) -> str:
    return value.replace(_OPT_ML, str(base))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _spawn(module: str, base: Path, given: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Run one of the toolkits' entry points in a session of its own, its output going to `output.log`."""
    overlay = base / "overlay"
    (base / "tmp").mkdir(exist_ok=True)
    with (base / "output.log").open("wb") as log:
        return subprocess.Popen(
            [overlay / "bin" / "python", "-P", "-m", module],
            env={**_image_environment(base, overlay), **given},
            cwd=base,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _image_environment(base: Path, overlay: Path) -> dict[str, str]:
    """Return the variables that the image's Dockerfile sets, and what keeps this machine's own settings out."""
    return {
        "PATH": f"{overlay / 'bin'}:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONUNBUFFERED": "1",
        "SAGEMAKER_SERVING_MODULE": "sagemaker_sklearn_container.serving:main",
        "SAGEMAKER_TRAINING_MODULE": "sagemaker_sklearn_container.training:main",
        "SM_CHECKPOINT_CONFIG_FILE": str(base / "input/config/checkpointconfig.json"),
        "SM_INPUT": str(base / "input"),
        "SM_INPUT_DATA_CONFIG_FILE": str(base / "input/config/inputdataconfig.json"),
        "SM_INPUT_TRAINING_CONFIG_FILE": str(base / "input/config/hyperparameters.json"),
        "SM_MODEL_DIR": str(base / "model"),
        "AWS_REGION": "us-east-1",
        "HOME": str(base / "tmp"),
        "PIP_CONFIG_FILE": os.devnull,
        "SAGEMAKER_BASE_DIR": str(base),
        "TEMP": str(base / "tmp"),
        "TMPDIR": str(base / "tmp"),
    }


def _overlay(directory: Path) -> None:
    """Make a virtual environment that installs into itself and finds all else in the image's."""
    image = build.python_of_environment()
    subprocess.run([image, "-m", "venv", "--without-pip", directory], check=True)
    site_packages = Path("lib") / "python3.12" / "site-packages"
    nested = f"import site; site.addsitedir({str(build.ENVIRONMENT / site_packages)!r})"
    (directory / site_packages / "image.pth").write_text(f"{nested}\n{_GLUE}\n")
    gunicorn = directory / "bin" / "gunicorn"
    gunicorn.write_text(_GUNICORN.format(python=directory / "bin" / "python"))
    gunicorn.chmod(0o755)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the whole session; the launcher leaves its own children behind when it dies first."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
