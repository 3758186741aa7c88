"""Concurrent work with its results in order and a bounded number of pieces in memory."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")

_RESULTS = 2
"""Results held per worker, those under way included, so that a slow piece does not idle the others at once."""


def ordered(work: Callable[[T], U], pieces: Iterable[T], workers: int) -> Generator[U]:
    """Do work on pieces with so many workers; the results, in the order of the pieces.

    One piece more than there are workers is drawn from the iterable, and no further one until a worker is done; nor
    are more drawn, as long as `2 * workers` results were not taken. What `work` raises is raised here.
    """
    waiting: deque[Future[U]] = deque()
    free = threading.Semaphore(workers)

    def worked(piece: T) -> U:
        try:
            return work(piece)
        finally:
            free.release()

    with ThreadPoolExecutor(workers, thread_name_prefix="transform") as pool:
        try:
            for piece in pieces:
                free.acquire()
                waiting.append(pool.submit(worked, piece))
                del piece  # else the last one would be held here, too, while results are taken
                if len(waiting) >= _RESULTS * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
