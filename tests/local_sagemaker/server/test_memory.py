"""Memory stays bounded, however large an object is."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from local_sagemaker.daemon import RunningServer
from tests.local_sagemaker.wire import send, signed_for

MEBIBYTE = 1 << 20
SIZE = 96 * MEBIBYTE
LOOK_EVERY = 8 * MEBIBYTE


class Peak:
    """The most memory that a process had at the moments when somebody looked."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._start = self._resident_bytes()
        self.growth = 0

    def look(self) -> None:
        self.growth = max(self.growth, self._resident_bytes() - self._start)

    def _resident_bytes(self) -> int:
        """Ask in the way that Linux and macOS share."""
        command = ["ps", "-o", "rss=", "-p", str(self._pid)]
        return 1024 * int(subprocess.run(command, capture_output=True, check=True).stdout)


@pytest.fixture
def peak(server: RunningServer, s3: Any, bucket: str) -> Peak:
    """The peak from now on, of a server that has all its modules loaded."""
    s3.put_object(Bucket=bucket, Key="small", Body=b"x")
    return Peak(server.pid)


def body(peak: Peak) -> Iterator[bytes]:
    """A large body, during which the server is looked at."""
    block = bytes(range(256)) * (MEBIBYTE // 256)
    for sent in range(0, SIZE, MEBIBYTE):
        yield block
        if sent % LOOK_EVERY == 0:
            peak.look()


def test_large_object_passes_through_both_ways(server: RunningServer, s3: Any, bucket: str, peak: Peak) -> None:
    assert send(server, "PUT", f"/{bucket}/large", signed_for("s3"), body(peak)).status == 200
    assert send(server, "PUT", "/no-such-bucket/large", signed_for("s3"), body(peak)).status == 404
    found, received = s3.get_object(Bucket=bucket, Key="large")["Body"], 0
    for block in found.iter_chunks(LOOK_EVERY):
        received += len(block)
        peak.look()
    assert received == SIZE
    assert peak.growth < 24 * MEBIBYTE
