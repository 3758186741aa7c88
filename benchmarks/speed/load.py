"""Many clients, and many records a request."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from functools import partial

from benchmarks.speed import servers
from benchmarks.speed.connection import LeanConnection
from benchmarks.speed.corpora import corpus
from benchmarks.speed.results import Section
from benchmarks.speed.servers import Chain
from benchmarks.speed.taking_turns import alternate
from pipeline.jobs.staged_parts import staged

CLIENTS = (1, 8, 32)
RECORDS = (1, 10, 100, 1000)
_SECONDS = 1.0


def measure_clients(rounds: int) -> Section:
    """Count what chains answer to some clients at once."""
    section = Section(
        "clients",
        "Concurrent clients",
        "Clients in threads of one process, each with a kept-alive connection to either container, send one record "
        f"after the other for {_SECONDS:g} s a turn, {rounds} turns. Two workers a container, as the image has it on "
        "two cores; client and containers share the machine.",
    )
    with servers.running(servers.chains(), workers=2) as chains:
        for n_clients in CLIENTS:
            crowds = {name: _Crowd(chain, _one_record(name), n_clients) for name, chain in chains.items()}
            alternate({name: crowd.turn for name, crowd in crowds.items()}, 1)
            turns = alternate({name: crowd.turn for name, crowd in crowds.items()}, rounds)
            rates = {name: statistics.median(found) for name, found in turns.items()}
            for name, rate in rates.items():
                section.add(name, f"{n_clients} clients", rate, "requests/s")
            for crowd in crowds.values():
                crowd.close()
    judge_clients(section)
    return section


def judge_clients(section: Section) -> None:
    """Hold the rates at the most clients to what they should be."""
    most = f"{CLIENTS[-1]} clients"
    for profile in ("seed", "best"):
        ratio = section.value(profile, most) / section.value("echo", most)
        section.at_least(f"`{profile}`, requests per second at {most}, against the toolkit's echo", ratio, 1.1)


def measure_payloads(rounds: int) -> Section:
    """Time requests of several records."""
    section = Section(
        "payloads",
        "Records per request",
        f"One client, one worker a container; medians of {rounds} requests of as many posts, in turns.",
    )
    with servers.running(servers.chains(), workers=1) as chains:
        for n_records in RECORDS:
            requests = {
                name: partial(_seconds, chain.ask, staged(_texts(name)[:n_records])) for name, chain in chains.items()
            }
            alternate(requests, 2)
            for name, found in alternate(requests, rounds).items():
                section.add(name, f"{n_records} records", statistics.median(found) * 1e3, "ms")
    return section


def _texts(name: str) -> list[str]:
    return corpus(servers.profile_of(name)).test


def _one_record(name: str) -> list[bytes]:
    return [staged([text]) for text in _texts(name)[:500]]


def _seconds(ask: Callable[[bytes], bytes], body: bytes) -> float:
    began = time.perf_counter()
    ask(body)
    return time.perf_counter() - began


class _Crowd:
    """Clients that all ask the same chain."""

    def __init__(self, chain: Chain, bodies: list[bytes], n_clients: int) -> None:
        self._chains = [chain.by(LeanConnection) for _ in range(n_clients)]
        self._bodies = bodies

    def turn(self) -> float:
        """Return how many requests were answered in a second."""
        counts = [0] * len(self._chains)
        began = time.perf_counter()
        threads = [
            threading.Thread(target=self._ask, args=(client, counts, began + _SECONDS))
            for client in range(len(self._chains))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(counts) / (time.perf_counter() - began)

    def close(self) -> None:
        """Close the connections."""
        for chain in self._chains:
            chain.close()

    def _ask(self, client: int, counts: list[int], end: float) -> None:
        number = client * 37
        while time.perf_counter() < end:
            self._chains[client].ask(self._bodies[number % len(self._bodies)])
            counts[client] += 1
            number += 1
