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
_MEDIAN, _SLOWEST = 0.9, 1.0
"""What a chain of ours may take of what the toolkit's two empty containers take."""
_WITH_PAIRS = 1.15
"""What a chain that looks up pairs of words too may take of one that does not."""
_PEERS = {"MLServer": 0.4, "BentoML": 0.3}


def measure(rounds: int) -> Section:
    """Ask every contender for one record at a time, in turns."""
    section = Section(
        "chain",
        "One record, one client",
        "One client (Python's `http.client`, kept alive) sends one post of the test split to the first container and "
        f"its answer to the second; {_AT_ONCE} requests, then it is the next contender's turn, {rounds} times. One "
        "worker a container. MLServer and BentoML serve scikit-learn's `Pipeline` in one process, and are asked once.",
    )
    asked = {profile: corpus(profile).test for profile in ("seed", "best")}
    wanted = {**servers.chains(), **servers.chain_with_pairs()}
    with ExitStack() as stack, servers.running(wanted, workers=1) as chains:
        contenders = {
            name: _turn(chain.ask, _bodies(asked[servers.profile_of(name)])) for name, chain in chains.items()
        }
        for name, running in (("MLServer", peers.mlserver), ("BentoML", peers.bentoml)):
            try:
                contenders[name] = _turn(stack.enter_context(running()).ask, cycle(asked["seed"][:_TEXTS]))
            except PeerMissing as missing:
                section.notes.append(str(missing))
        alternate(contenders, _TEXTS // _AT_ONCE // 2)  # so that all have seen the texts once or almost
        turns = alternate(contenders, rounds)
    _note(section, {name: [seconds for turn in found for seconds in turn] for name, found in turns.items()})
    judge(section)
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


def _note(section: Section, seconds: dict[str, list[float]]) -> None:
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    for name, found in seconds.items():
        section.add(name, "median", medians[name] * 1e3, "ms")
        section.add(name, "99th percentile", percentile(found, 99) * 1e3, "ms")
        section.add(name, "median against echo", medians[name] / medians["echo"], "×")


def judge(section: Section) -> None:
    """Hold our chains to the toolkit's empty one, to the peers, and to each other."""

    def ratio(ours: str, theirs: str, what: str = "median") -> float:
        return section.value(ours, what) / section.value(theirs, what)

    for profile in ("seed", "best"):
        slowest = ratio(profile, "echo", "99th percentile")
        section.at_most(f"`{profile}`, median against the toolkit's echo pipeline", ratio(profile, "echo"), _MEDIAN)
        section.at_most(f"`{profile}`, 99th percentile against its", slowest, _SLOWEST)
        for peer in filter(section.contenders().__contains__, _PEERS):
            section.at_most(f"`{profile}`, median against {peer}'s", ratio(profile, peer), _PEERS[peer])
    with_pairs = ratio(servers.PAIRS, "best")
    section.at_most("`best` with pairs of words, median against `best` without", with_pairs, _WITH_PAIRS)
