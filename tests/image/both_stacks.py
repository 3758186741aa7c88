"""The same definition in the rebuilt image and in the local runtime, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_sagemaker.containers import (
    ContainerResponse,
    ServingContainer,
    ServingDefinition,
    TrainingContainer,
    TrainingDefinition,
    TrainingOutcome,
)
from pipeline.jobs.container_environment import Serving
from tests.image.image_stack import ImageServing, ImageTraining

START_TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class ServingPair:
    """One container, serving in both stacks."""

    image: ImageServing
    local: ServingContainer

    def same_answer(self, body: bytes, content_type: str | None, accept: str | None = None) -> ContainerResponse:
        """Send one request to both stacks, hold the answers to each other, and return the answer."""
        of_image = self.image.invoke(body, content_type, accept)
        of_local = self.local.invoke(body, content_type, accept)
        assert of_local == of_image
        return of_image


@dataclass(frozen=True, slots=True)
class ServedBothWays:
    """One container, serving in both stacks, by our own WSGI application and by the toolkit."""

    ways: Mapping[Serving, ServingPair]

    def same_answer(self, body: bytes, content_type: str | None, accept: str | None = None) -> ContainerResponse:
        """Send one request to all four, hold the answers to each other, and return the answer."""
        answers = {way: pair.same_answer(body, content_type, accept) for way, pair in self.ways.items()}
        assert answers[Serving.WSGI] == answers[Serving.TOOLKIT]
        return answers[Serving.WSGI]


@contextmanager
def serving(definitions: Mapping[str, ServingDefinition], directory: Path) -> Iterator[dict[str, ServingPair]]:
    """Start every definition in both stacks, all at the same time, and wait for them."""
    with ExitStack() as running:
        pairs = {}
        for name, definition in definitions.items():
            image = ImageServing(definition, directory / f"{name}-image")
            running.callback(image.stop)
            image.start()
            local = local_serving(definition, directory / f"{name}-local")
            running.callback(local.stop)
            local.start()
            pairs[name] = ServingPair(image, local)
        for pair in pairs.values():
            pair.image.wait_until_healthy(START_TIMEOUT_SECONDS)
            pair.local.wait_until_healthy(START_TIMEOUT_SECONDS)
        yield pairs


def local_serving(definition: ServingDefinition, base: Path) -> ServingContainer:
    """Make the local runtime's container, its output thrown away."""
    return ServingContainer(definition, base, base.parent / "requirements", log=lambda line: None)


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """One finished training run and its base directory."""

    outcome: TrainingOutcome
    base: Path


@dataclass(frozen=True, slots=True)
class TrainingPair:
    """One training job, run in both stacks."""

    image: TrainingRun
    local: TrainingRun

    def __iter__(self) -> Iterator[TrainingRun]:
        """Yield the image's run, then the local runtime's."""
        return iter((self.image, self.local))


def train(definition: TrainingDefinition, image: Path, local: Path) -> TrainingPair:
    """Run one job in both stacks at the same time; each base directory holds the channels' files already."""
    container = TrainingContainer(definition, local, local.parent / "requirements", log=lambda line: None)
    with ThreadPoolExecutor() as pool:
        of_image = pool.submit(ImageTraining(definition, image).run)
        of_local = pool.submit(container.run)
        return TrainingPair(TrainingRun(of_image.result(), image), TrainingRun(of_local.result(), local))
