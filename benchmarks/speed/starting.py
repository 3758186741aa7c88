"""From the start of a container to its first 200, and what a worker more costs in memory."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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
        "in turns, from its spawning (model and environment are laid out before, as on AWS) until /ping is answered "
        f"with 200. A worker's memory after {_REQUESTS} requests of one record: what "
        "it has for itself (what one more costs), and its resident set, which counts shared pages too.",
    )
    chains = servers.chains()
    places = {_label(name, place): (chains[name], place) for name in chains for place in _places(name)}
    starts = alternate({label: partial(_start_seconds, *where) for label, where in places.items()}, rounds)
    seconds = {label: statistics.median(found) for label, found in starts.items()}
    for label, took in seconds.items():
        section.add(label, "start to 200", took, "s")
    for name in chains:
        for label, own, resident in _memory(name):
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
            container.lay_out()
            began = time.perf_counter()
            container.start()
            container.wait_until_healthy(servers.START_TIMEOUT_SECONDS)
            return time.perf_counter() - began
        finally:
            container.stop()


def _memory(name: str) -> Iterator[tuple[str, int, int]]:
    """Yield the own memory and the resident set of a worker of each of a chain's containers, in bytes.

    A container's answers are what the next one is asked with, so none is started twice.
    """
    chain = servers.chains()[name]
    texts = corpus(servers.profile_of(name)).test[:_REQUESTS]
    bodies, headers = [staged([text]) for text in texts], servers.CSV_IN
    for place in _places(name):
        bodies, own, resident = _after_answers(chain, place, bodies, headers)
        yield _label(name, place), own, resident
        headers = {"Content-Type": chain.wire, "Accept": "text/csv"}


def _after_answers(
    chain: ChainArtefacts, place: int, bodies: Sequence[bytes], headers: Mapping[str, str]
) -> tuple[list[bytes], int, int]:
    """Have two workers answer; return the answers, and both kinds of memory, the mean over the two."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        container = servers.container(chain.archives[place], Path(directory) / "c", chain.serving, 2, chain.wire)
        try:
            container.start()
            container.wait_until_healthy(servers.START_TIMEOUT_SECONDS)
            answers = [_answer(container.port, headers, body) for body in bodies]
            workers = _workers(container.process_id)
            return answers, _mean(workers, unique_bytes), _mean(workers, resident_bytes)
        finally:
            container.stop()


def _answer(port: int, headers: Mapping[str, str], body: bytes) -> bytes:
    connection = LeanConnection(Place(port), headers)  # a new one may come to the other worker
    answer = connection.ask(body)
    connection.close()
    return answer


def _workers(launcher: int) -> list[psutil.Process]:
    """Return gunicorn's workers: those of the launcher's processes that have none below them."""
    return [process for process in tree(launcher) if not process.children()]


def _mean(processes: list[psutil.Process], measure: Callable[[psutil.Process], int]) -> int:
    return sum(map(measure, processes)) // len(processes)
