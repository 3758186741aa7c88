"""Concurrent work with its results in order and a bounded number of pieces in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")

_AHEAD = 2
"""Pieces held per worker: one in work and one waiting, so that a slow piece does not idle the others at once."""


def ordered(work: Callable[[T], U], pieces: Iterable[T], workers: int) -> Generator[U]:
    """Do work on pieces with so many workers; the results, in the order of the pieces.

    Pieces are drawn from the iterable only as results are taken, so at most `2 * workers` are under way, and
    of one that is done its result alone is held. What `work` raises is raised here.
    """
    waiting: deque[Future[U]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="transform") as pool:
        try:
            for piece in pieces:
                waiting.append(pool.submit(work, piece))
                del piece  # else the last one would be held here, too, while results are taken
                if len(waiting) >= _AHEAD * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
