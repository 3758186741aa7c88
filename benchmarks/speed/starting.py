"""From the start of a container to its first 200, and what a worker more costs in memory."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil

from benchmarks.speed import servers
from benchmarks.speed.connection import LeanConnection, Place
from benchmarks.speed.corpora import corpus
from benchmarks.speed.processes import resident_bytes, tree, unique_bytes
from benchmarks.speed.results import Section
from benchmarks.speed.servers import ChainArtefacts
from benchmarks.speed.taking_turns import alternate
from pipeline.jobs.staged_parts import staged

_CONTAINERS = ("preprocessor", "classifier")
_REQUESTS = 200


def measure(rounds: int) -> Section:
    """Start every container several times, in turns; then look at a worker that has answered."""
    section = Section(
        "start",
        "Start and memory",
        f"The image's own launcher, which pip-installs what the toolkit serves at each start; {rounds} starts of each, "
        f"in turns, until /ping is answered with 200. A worker's memory after {_REQUESTS} requests of one record: what "
        "it has for itself (what one more costs), and its resident set, which counts shared pages too.",
    )
    chains = servers.chains()
    places = {_label(name, place): (chains[name], place) for name in chains for place in _places(name)}
    starts = alternate({label: partial(_start_seconds, *where) for label, where in places.items()}, rounds)
    seconds = {label: statistics.median(found) for label, found in starts.items()}
    for label, took in seconds.items():
        section.add(label, "start to 200", took, "s")
    memory = {_label(name, place): _memory(name, place) for name in chains for place in _places(name)}
    for label, (own, resident) in memory.items():
        section.add(label, "a worker's own memory", own / 1e6, "MB")
        section.add(label, "a worker's resident set", resident / 1e6, "MB")
    judge(section)
    return section


def judge(section: Section) -> None:
    """Hold our containers' starts and memory to the toolkit's echo container's."""
    for label in (_label(profile, place) for profile in ("seed", "best") for place in _places(profile)):
        for what, limit in (("start to 200", 0.55), ("a worker's own memory", 0.9)):
            ratio = section.value(label, what) / section.value("echo", what)
            section.at_most(f"{label}: {what}, against the toolkit's echo", ratio, limit)


def _places(chain: str) -> range:
    """Return which of a chain's containers are looked at: both, unless they are the same."""
    return range(1) if chain.startswith("echo") else range(len(_CONTAINERS))


def _label(chain: str, place: int) -> str:
    if chain.startswith("echo"):
        return chain
    profile, comma, way = chain.partition(",")
    return f"{profile} {_CONTAINERS[place]}{comma}{way}"


def _start_seconds(chain: ChainArtefacts, place: int) -> float:
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        container = servers.container(chain.archives[place], Path(directory) / "container", chain.serving)
        try:
            began = time.perf_counter()
            container.start()
            container.wait_until_healthy(servers.START_TIMEOUT_SECONDS)
            return time.perf_counter() - began
        finally:
            container.stop()


def _memory(name: str, place: int) -> tuple[int, int]:
    """Return the own memory and the resident set of a worker, in bytes, the mean over two."""
    chain = servers.chains()[name]
    texts = corpus(servers.profile_of(name)).test[:_REQUESTS]
    bodies = [staged([text]) for text in texts]
    headers = servers.CSV_IN
    if place == 1:
        headers = {"Content-Type": chain.wire, "Accept": "text/csv"}
        with servers.running({name: chain}, 1) as running:
            bodies = [running[name].first.ask(body) for body in bodies]
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        base = Path(directory) / "container"
        container = servers.container(chain.archives[place], base, chain.serving, 2, chain.wire)
        try:
            container.start()
            container.wait_until_healthy(servers.START_TIMEOUT_SECONDS)
            for body in bodies:
                connection = LeanConnection(Place(container.port), headers)  # a new one may come to the other worker
                connection.ask(body)
                connection.close()
            workers = _workers(container.process_id)
            return _mean(workers, unique_bytes), _mean(workers, resident_bytes)
        finally:
            container.stop()


def _workers(launcher: int) -> list[psutil.Process]:
    """Return gunicorn's workers: those of the launcher's processes that have none below them."""
    return [process for process in tree(launcher) if not process.children()]


def _mean(processes: list[psutil.Process], measure: Callable[[psutil.Process], int]) -> int:
    return sum(map(measure, processes)) // len(processes)
