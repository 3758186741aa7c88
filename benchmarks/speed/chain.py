"""One record at a time: the chain of two containers against the floor, plain scikit-learn, MLServer and BentoML."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import cycle
from typing import Any

from benchmarks.speed import peers, servers
from benchmarks.speed.corpora import corpus
from benchmarks.speed.environments import PeerMissing
from benchmarks.speed.results import Section
from benchmarks.speed.taking_turns import alternate, percentile
from pipeline.jobs.staged_parts import staged

_TEXTS = 500
_AT_ONCE = 25
_LIMITS = {"seed": 1.3, "best": 1.5}


def measure(rounds: int) -> Section:
    """Ask every contender for one record at a time, in turns."""
    section = Section(
        "chain",
        "One record, one client",
        "One client (Python's `http.client`, kept alive) sends one post of the test split to the first container and "
        f"its answer to the second; {_AT_ONCE} requests, then it is the next contender's turn, {rounds} times. One "
        "worker a container. MLServer and BentoML serve scikit-learn's `Pipeline` in one process, and are asked once.",
    )
    asked = {"seed": corpus("seed").test, "best": corpus("best").test}
    with ExitStack() as stack, servers.running(servers.chains(), workers=1) as chains:
        contenders = {name: _turn(chain.ask, _bodies(asked.get(name, asked["seed"]))) for name, chain in chains.items()}
        for name, running in (("MLServer", peers.mlserver), ("BentoML", peers.bentoml)):
            try:
                contenders[name] = _turn(stack.enter_context(running()).ask, cycle(asked["seed"][:_TEXTS]))
            except PeerMissing as missing:
                section.notes.append(str(missing))
        alternate(contenders, _TEXTS // _AT_ONCE // 2)  # so that all have seen the texts once or almost
        turns = alternate(contenders, rounds)
    _judge(section, {name: [seconds for turn in found for seconds in turn] for name, found in turns.items()})
    return section


def _bodies(texts: list[str]) -> Iterator[bytes]:
    return cycle([staged([text]) for text in texts[:_TEXTS]])


def _turn(ask: Callable[[Any], object], bodies: Iterator[Any]) -> Callable[[], list[float]]:
    def turn() -> list[float]:
        found = []
        for _ in range(_AT_ONCE):
            body = next(bodies)
            began = time.perf_counter()
            ask(body)
            found.append(time.perf_counter() - began)
        return found

    return turn


def _judge(section: Section, seconds: dict[str, list[float]]) -> None:
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    slowest = {name: percentile(found, 99) for name, found in seconds.items()}
    for name in seconds:
        section.add(name, "median", medians[name] * 1e3, "ms")
        section.add(name, "99th percentile", slowest[name] * 1e3, "ms")
        section.add(name, "median against echo", medians[name] / medians["echo"], "×")
    for profile, limit in _LIMITS.items():
        section.at_most(f"`{profile}`, median against the echo pipeline", medians[profile] / medians["echo"], limit)
        section.at_most(f"`{profile}`, 99th percentile against echo's", slowest[profile] / slowest["echo"], 2)
    for peer in ("MLServer", "BentoML"):
        if peer in medians:
            section.at_most(f"`seed`, median against {peer}'s", medians["seed"] / medians[peer], 1)
