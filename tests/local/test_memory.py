"""Memory stays bounded, however large an object is."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

from pipeline.local.daemon import RunningServer

from .wire import send, signed_for

MEBIBYTE = 1 << 20
SIZE = 96 * MEBIBYTE


def resident_bytes(pid: int) -> int:
    """Ask for a process's resident set in the way that Linux and macOS share."""
    return 1024 * int(subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True).stdout)


def blocks() -> Iterator[bytes]:
    block = bytes(range(256)) * (MEBIBYTE // 256)
    return (block for _ in range(SIZE // MEBIBYTE))


def test_large_object_passes_through_both_ways(server: RunningServer, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="small", Body=b"x")
    before = resident_bytes(server.pid)
    assert send(server, "PUT", f"/{bucket}/large", signed_for("s3"), blocks()).status == 200
    assert send(server, "PUT", "/no-such-bucket/large", signed_for("s3"), blocks()).status == 404
    body, received = s3.get_object(Bucket=bucket, Key="large")["Body"], 0
    for block in body.iter_chunks(MEBIBYTE):
        received += len(block)
    assert received == SIZE
    assert resident_bytes(server.pid) - before < 24 * MEBIBYTE
