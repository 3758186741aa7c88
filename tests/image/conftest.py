"""What the image's tests share: the reasons to leave them out or to skip them, and the serving probes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image import build
from tests.image.both_stacks import ServingPair, serving
from tests.image.offline import CUT_OFF
from tests.image.source_folders import PROBES, artefact_of, serving_definition

HERE = Path(__file__).resolve().parent
SERVING_PROBES: dict[str, dict[str, str]] = {
    "transform_style": {"MY_VARIABLE": "from the definition"},
    "handler_style": {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "application/vnd.apache.arrow.stream"},
    "defaults": {},
}


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Stay out of the whole suite's way: these tests run when they are asked for, by `make test-image`."""
    asked = (Path(argument.split("::")[0]).resolve() for argument in config.args)
    return None if any(path == HERE or HERE in path.parents for path in asked) else True


def pytest_report_header() -> str:
    """Say whether the containers run without a network."""
    state = "cut off" if CUT_OFF in os.environ else "NOT cut off (tests/image/offline.py does it where permitted)"
    return f"image tests: network {state}"


@pytest.fixture(scope="session", autouse=True)
def image_environment() -> None:
    """Skip all where the environment is not there, with the reason."""
    if build.find_python() is None:
        pytest.skip(build.NO_PYTHON)
    if not build.is_current():
        pytest.skip("the image's environment is not built: make test-image does it")


@pytest.fixture(scope="session")
def probes(image_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ServingPair]]:
    """Every serving probe, running in both stacks."""
    directory = tmp_path_factory.mktemp("probes")
    definitions = {
        name: serving_definition(artefact_of(PROBES / name, directory / f"{name}.tar.gz"), **environment)
        for name, environment in SERVING_PROBES.items()
    }
    with serving(definitions, directory) as pairs:
        yield pairs
