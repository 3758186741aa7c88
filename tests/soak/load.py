"""The clients, and what they saw."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.soak.requests import Answer, Client, Request


@dataclass(frozen=True, slots=True)
class Miss:
    """A request that no container answered, from when to when it was under way."""

    kind: str
    began: float
    ended: float
    what: str

    def in_flight_at(self, moments: list[float]) -> bool:
        """Whether it was under way at one of these moments."""
        return any(self.began <= moment <= self.ended for moment in moments)


@dataclass(slots=True)
class Seen:
    """What all clients saw together."""

    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    missed: list[Miss] = field(default_factory=list)
    longest: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, request: Request, answer: Answer | str, right: Answer, began: float) -> None:
        """Note one answer, or the error that came instead."""
        ended = time.monotonic()
        with self.lock:
            self.longest = max(self.longest, ended - began)
            if answer == right:
                self.answers[request.kind] += 1
            elif isinstance(answer, str) or answer.lost:
                what = answer if isinstance(answer, str) else answer.body.decode(errors="replace")[:300]
                self.missed.append(Miss(request.kind, began, ended, what))
            else:
                self.wrong.append(f"{request.kind}: {answer.status} {answer.body[:200]!r}")


class Load:
    """So many clients, each asking one thing after the other until told to stop."""

    def __init__(self, url: str, endpoint: str, right: Mapping[Request, Answer], clients: int) -> None:
        self.seen = Seen()
        self._place = (url, endpoint)
        self._right = right
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(clients)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each client end what it is asking."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, number: int) -> None:
        chance, client = random.Random(number), Client(*self._place)
        requests = list(self._right)
        while not self._stop.is_set():
            request, began = chance.choice(requests), time.monotonic()
            try:
                answer: Answer | str = client.send(request)
            except (OSError, http.client.HTTPException) as error:
                answer = repr(error)
            self.seen.take(request, answer, self._right[request], began)
        client.close()
