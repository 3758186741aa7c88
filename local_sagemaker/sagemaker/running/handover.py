"""How what a request has just committed gets its threads: they are there before the commit and begin after it."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from types import TracebackType


class Handover:
    """Threads for what a transaction within its block writes.

    Whoever sees the record finds its threads, so there is always somebody to stop; and a thread that cannot be had
    undoes the record. If the transaction is undone, the threads end without having begun.
    """

    def __init__(self) -> None:
        self._decided = threading.Event()
        self._committed = False

    def __enter__(self) -> Handover:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._committed = kind is None
        self._decided.set()

    def thread(self, name: str, task: Callable[[], None], undone: Callable[[], None] | None = None) -> threading.Thread:
        """Start a thread that does its task after the commit; `undone` instead, if there was none."""

        def work() -> None:
            self._decided.wait()
            if self._committed:
                task()
            elif undone is not None:
                undone()

        region = contextvars.copy_context()  # what a request starts belongs to its region
        thread = threading.Thread(target=region.run, args=(work,), name=name, daemon=True)
        thread.start()
        return thread
