"""A container's output: bytes in, lines out, nothing that a container prints can hold it up or break it."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_sagemaker.containers.definition import LogSink

LINE_LIMIT = 256 * 1024 - 26
"""The bytes of one CloudWatch Logs event without its overhead; a longer line is cut into several."""

TAIL_LINES = 50

_PAUSE = 0.1

_logger = logging.getLogger(__name__)


def lines(stream: BinaryIO, limit: int = LINE_LIMIT) -> Iterator[str]:
    """Cut a stream into lines of at most `limit` bytes; bytes that are not UTF-8 become U+FFFD."""
    while line := stream.readline(limit):
        yield line.rstrip(b"\r\n").decode(errors="replace")


class Output:
    """Reads a stream to its end in a thread of its own, hands each line to the sink and remembers the last ones."""

    def __init__(self, stream: BinaryIO, sink: LogSink) -> None:
        self._stream = stream
        self._sink = sink
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._thread = threading.Thread(target=self._read, name="container-output", daemon=True)
        self._thread.start()

    @property
    def tail(self) -> list[str]:
        """The last lines so far."""
        return list(self._tail.copy())  # the thread may append while a list is made

    def wait(self) -> None:
        """Return when the stream has ended and its last line has been handed over."""
        self._thread.join()

    def _read(self) -> None:
        with self._stream:
            while not self._read_to_end():
                time.sleep(_PAUSE)

    def _read_to_end(self) -> bool:
        """Read on; False if there was no memory for a line, and so no end."""
        try:
            for line in lines(self._stream):
                self._tail.append(line)
                self._hand_over(line)
        except MemoryError:
            _logger.exception("a line of a container's output could not be read")
            return False
        return True

    def _hand_over(self, line: str) -> None:
        try:
            self._sink(line)
        except Exception:  # the container must not block on a full pipe because its log cannot be written
            _logger.exception("a line of a container's output could not be logged")
