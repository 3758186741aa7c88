"""The servers under test: containers in the AWS image's environment behind its own launcher, two of them a chain.

What is served by AWS's toolkit has that in its name; where our own WSGI application serves, only the floor has.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed import models
from benchmarks.speed.connection import Connect, Connection, Place, StandardConnection
from pipeline.jobs.container_environment import Serving
from tests.container_sources import ARROW
from tests.image.image_stack import ImageServing
from tests.image.source_folders import serving_definition

START_TIMEOUT_SECONDS = 120.0
PAIRS = "best, pairs of words"
CSV_IN = {"Content-Type": "text/csv"}


@dataclass(frozen=True, slots=True)
class ChainArtefacts:
    """The archives of a chain's two containers, and what goes from the first to the second."""

    archives: tuple[Path, Path]
    wire: str
    serving: Serving


def chains() -> dict[str, ChainArtefacts]:
    """Return the chains that run in the image's stack, by name."""
    echo = models.echo()
    found = {
        "echo": ChainArtefacts((echo, echo), "application/octet-stream", Serving.TOOLKIT),
        "echo, WSGI": ChainArtefacts((echo, echo), "application/octet-stream", Serving.WSGI),
    }
    for profile in ("seed", "best"):
        archives = models.ours(profile).archives
        found[profile] = ChainArtefacts(archives, ARROW, Serving.WSGI)
        found[f"{profile}, toolkit"] = ChainArtefacts(archives, ARROW, Serving.TOOLKIT)
    return {**found, "plain": ChainArtefacts(models.plain().archives, "application/x-npz", Serving.TOOLKIT)}


def chain_with_pairs() -> dict[str, ChainArtefacts]:
    """Return the chain of profile `best` that looks up pairs of words too, by name."""
    return {PAIRS: ChainArtefacts(models.with_pairs().archives, ARROW, Serving.WSGI)}


def profile_of(chain: str) -> str:
    """Return the profile whose texts a chain is asked with: its own, or `seed`."""
    return "best" if chain.startswith("best") else "seed"


class Chain:
    """Two running containers, asked one after the other over kept-alive connections."""

    def __init__(self, places: tuple[Place, Place], wire: str, connect: Connect = StandardConnection) -> None:
        self._places = places
        self._wire = wire
        self._connect = connect
        self.first, self.second = self._connections()

    def ask(self, body: bytes) -> bytes:
        """Send CSV through both and return the categories."""
        return self.second.ask(self.first.ask(body))

    def by(self, connect: Connect) -> Chain:
        """Return the same chain over connections of its own, for another client."""
        return Chain(self._places, self._wire, connect)

    def close(self) -> None:
        """Close the connections."""
        self.first.close()
        self.second.close()

    def _connections(self) -> tuple[Connection, Connection]:
        return (
            self._connect(self._places[0], CSV_IN),
            self._connect(self._places[1], {"Content-Type": self._wire, "Accept": "text/csv"}),
        )


@contextmanager
def running(wanted: Mapping[str, ChainArtefacts], workers: int) -> Iterator[dict[str, Chain]]:
    """Start chains, wait for them, and stop them at the end."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory, ExitStack() as started:
        containers: dict[str, list[ImageServing]] = {}
        for number, (name, artefacts) in enumerate(wanted.items()):  # a path with a blank in it is none for a script
            containers[name] = [
                _start(started, archive, Path(directory) / f"{number}-{place}", artefacts, workers)
                for place, archive in enumerate(artefacts.archives)
            ]
        found = {}
        for name, pair in containers.items():
            for container in pair:
                container.wait_until_healthy(START_TIMEOUT_SECONDS)
            places = Place(pair[0].port), Place(pair[1].port)
            found[name] = Chain(places, wanted[name].wire)
            started.callback(found[name].close)
        yield found


def container(archive: Path, base: Path, serving: Serving, workers: int = 1, accept: str = ARROW) -> ImageServing:
    """Make a container of the image, not started yet."""
    definition = serving_definition(
        archive,
        serving,
        SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT=accept,
        SAGEMAKER_MODEL_SERVER_WORKERS=str(workers),
        # One thread a worker, for every contender: on a server the workers are the parallelism.
        OMP_NUM_THREADS="1",
        OPENBLAS_NUM_THREADS="1",
    )
    return ImageServing(definition, base)


def _start(started: ExitStack, archive: Path, base: Path, artefacts: ChainArtefacts, workers: int) -> ImageServing:
    made = container(archive, base, artefacts.serving, workers, artefacts.wire)
    started.callback(made.stop)
    made.start()
    return made
