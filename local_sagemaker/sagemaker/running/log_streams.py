"""Writes containers' lines to CloudWatch Logs groups named as AWS names them.

Lines are gathered and written together several times a second, since every write to the durable store costs a sync of
the disk.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import deque

from local_sagemaker.logs.store import LogStore

_FLUSH_SECONDS = 0.25
_log = logging.getLogger(__name__)

TRAINING_GROUP = "/aws/sagemaker/TrainingJobs"
PROCESSING_GROUP = "/aws/sagemaker/ProcessingJobs"
TRANSFORM_GROUP = "/aws/sagemaker/TransformJobs"


def endpoint_group(endpoint: str) -> str:
    """Name an endpoint's log group."""
    return f"/aws/sagemaker/Endpoints/{endpoint}"


def instance_id() -> str:
    """Make up the id of an instance, of the form of EC2's, to stand in the names of streams."""
    return f"i-0{secrets.token_hex(8)}"


class LogStream:
    """One stream. `write` may be called from any thread."""

    def __init__(self, streams: LogStreams, group: str, name: str) -> None:
        self.group = group
        self.name = name
        self._streams = streams
        self._lines: deque[tuple[int, str]] = deque()

    def write(self, line: str) -> None:
        """Take one line, without its newline."""
        self._lines.append((time.time_ns() // 1_000_000, line))

    def take(self) -> list[tuple[int, str]]:
        """Hand over the lines gathered so far."""
        return [self._lines.popleft() for _ in range(len(self._lines))]

    def close(self) -> None:
        """Write out the last lines; they are in the store on return."""
        self._streams.close(self)


class LogStreams:
    """All open streams, and the thread that writes them out."""

    def __init__(self, store: LogStore) -> None:
        self._store = store
        self._open: list[LogStream] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._writer = threading.Thread(target=self._write_out, name="log-streams", daemon=True)
        self._writer.start()

    def open(self, group: str, name: str) -> LogStream:
        """Begin a stream; it exists in the store with its first line."""
        stream = LogStream(self, group, name)
        with self._lock:
            self._open.append(stream)
        return stream

    def close(self, stream: LogStream) -> None:
        """Write out a stream's last lines and let go of it."""
        with self._lock:
            if stream in self._open:
                self._open.remove(stream)
            self._flush(stream)

    def shut_down(self) -> None:
        """Write out everything and stop the thread."""
        self._closing.set()
        self._writer.join()
        self._flush_all()

    def _write_out(self) -> None:
        while not self._closing.wait(_FLUSH_SECONDS):
            self._flush_all()

    def _flush_all(self) -> None:
        with self._lock:
            for stream in self._open:
                self._flush(stream)

    def _flush(self, stream: LogStream) -> None:
        if not (lines := stream.take()):
            return
        try:
            self._store.append(stream.group, stream.name, lines)
        except Exception:  # the thread that writes, and the job that ends, must go on
            _log.exception("%d lines of %s %s could not be stored", len(lines), stream.group, stream.name)
