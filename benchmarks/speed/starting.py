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
from benchmarks.speed.taking_turns import alternate
from pipeline.jobs.staged_parts import staged

_CONTAINERS = ("preprocessor", "classifier")
_REQUESTS = 200


def measure(rounds: int) -> Section:
    """Start every container several times, in turns; then look at a worker that has answered."""
    section = Section(
        "start",
        "Start and memory",
        f"The toolkit's own launcher, which pip-installs the code at each start; {rounds} starts of each, in turns, "
        f"until /ping is answered with 200. A worker's memory after {_REQUESTS} requests of one record: what it has "
        "for itself (what one more costs), and its resident set, which counts shared pages too.",
    )
    chains = servers.chains()
    archives = {"echo": chains["echo"].archives[0]}
    wires = {"echo": chains["echo"].wire}
    for name in ("seed", "best", "plain"):
        for place, container in enumerate(_CONTAINERS):
            archives[f"{name} {container}"] = chains[name].archives[place]
            wires[f"{name} {container}"] = chains[name].wire
    starts = alternate({name: partial(_start_seconds, archive) for name, archive in archives.items()}, rounds)
    seconds = {name: statistics.median(found) for name, found in starts.items()}
    for name, took in seconds.items():
        section.add(name, "start to 200", took, "s")
    memory = {"echo": _memory("echo", 0)}
    for name in ("seed", "best", "plain"):
        for place, container in enumerate(_CONTAINERS):
            memory[f"{name} {container}"] = _memory(name, place)
    for name, (own, resident) in memory.items():
        section.add(name, "a worker's own memory", own / 1e6, "MB")
        section.add(name, "a worker's resident set", resident / 1e6, "MB")
    for name in ("seed preprocessor", "seed classifier", "best preprocessor", "best classifier"):
        section.at_most(f"{name}: start to 200, over echo's", seconds[name] - seconds["echo"], 0.5, "s")
        section.at_most(
            f"{name}: a further worker's memory, over echo's", (memory[name][0] - memory["echo"][0]) / 1e6, 45, "MB"
        )
    return section


def _start_seconds(archive: Path) -> float:
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        container = servers.container(archive, Path(directory) / "container")
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
    texts = corpus("best" if name == "best" else "seed").test[:_REQUESTS]
    bodies = [staged([text]) for text in texts]
    headers = servers.CSV_IN
    if place == 1:
        headers = {"Content-Type": chain.wire, "Accept": "text/csv"}
        with servers.running({name: chain}, 1) as running:
            bodies = [running[name].first.ask(body) for body in bodies]
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        container = servers.container(chain.archives[place], Path(directory) / "container", 2, chain.wire)
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
