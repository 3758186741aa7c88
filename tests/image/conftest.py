"""What the image's tests share: both stacks with the same definitions, and the reasons to skip."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.local.containers import ContainerResponse, ServingContainer, ServingDefinition
from tests.image import build
from tests.image.image_stack import ImageServing
from tests.image.offline import CUT_OFF
from tests.image.source_folders import PROBES, packed, serving_definition

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
START_TIMEOUT_SECONDS = 120.0


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
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


@dataclass(frozen=True, slots=True)
class Pair:
    """The same container in both stacks."""

    image: ImageServing
    local: ServingContainer

    def same_answer(self, body: bytes, content_type: str | None, accept: str | None = None) -> ContainerResponse:
        """Send one request to both stacks, hold the answers to each other, and return the answer."""
        of_image = self.image.invoke(body, content_type, accept)
        of_local = self.local.invoke(body, content_type, accept)
        assert of_local == of_image
        return of_image


@contextmanager
def serving(definitions: dict[str, ServingDefinition], directory: Path) -> Iterator[dict[str, Pair]]:
    """Start every definition in both stacks, all at the same time, and wait for them."""
    with ExitStack() as running:
        pairs = {}
        for name, definition in definitions.items():
            image = ImageServing(definition, directory / f"{name}-image")
            running.callback(image.stop)
            image.start()
            base = directory / f"{name}-local"
            local = ServingContainer(definition, base, directory / "requirements", log=lambda line: None)
            running.callback(local.stop)
            local.start()
            pairs[name] = Pair(image, local)
        for pair in pairs.values():
            pair.image.wait_until_healthy(START_TIMEOUT_SECONDS)
            pair.local.wait_until_healthy(START_TIMEOUT_SECONDS)
        yield pairs


@pytest.fixture(scope="session")
def probes(image_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Pair]]:
    """Every serving probe, running in both stacks."""
    directory = tmp_path_factory.mktemp("probes")
    archives = {name: packed(PROBES / name, directory / f"{name}.tar.gz") for name in SERVING_PROBES}
    definitions = {name: serving_definition(archive, **SERVING_PROBES[name]) for name, archive in archives.items()}
    with serving(definitions, directory) as pairs:
        yield pairs


SERVING_PROBES: dict[str, dict[str, str]] = {
    "transform_style": {"MY_VARIABLE": "from the definition"},
    "handler_style": {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "application/vnd.apache.arrow.stream"},
    "defaults": {},
}
