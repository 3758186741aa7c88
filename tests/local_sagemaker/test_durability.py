"""What a client was told about is there after the server was killed at any moment, and nothing half-done shows."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from local_sagemaker import daemon
from local_sagemaker.daemon import RunningServer
from local_sagemaker.state import StateDirectory
from tests.local_sagemaker.conftest import client_of

pytestmark = pytest.mark.long

SIZE = 300_000


def content(key: str) -> bytes:
    """Content that tells by itself whether it is whole."""
    return hashlib.shake_128(key.encode()).digest(SIZE)


class Writers:
    """Threads that write objects, parts and log events until the server is gone, and remember what was acknowledged."""

    def __init__(self, server: RunningServer) -> None:
        self.objects: set[str] = set()
        self.deleted: set[str] = set()
        self.events: list[str] = []
        self._logs = client_of(server, "logs")
        self._s3 = client_of(server, "s3")
        self._s3.create_bucket(Bucket="bucket")
        self._logs.create_log_group(logGroupName="group")
        self._logs.create_log_stream(logGroupName="group", logStreamName="stream")
        work = [lambda number=number: self._put(number) for number in range(3)] + [self._multipart, self._log]
        self._threads = [threading.Thread(target=self._until_refused, args=(step,)) for step in work]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _until_refused(self, step: Any) -> None:
        try:
            for round_ in range(1_000_000):
                step(round_) if step in (self._multipart, self._log) else step()(round_)
        except (BotoCoreError, ClientError, HTTPClientError):
            return

    def _put(self, number: int) -> Any:
        def write(round_: int) -> None:
            key = f"put/{number}/{round_ % 7}"
            self._s3.put_object(Bucket="bucket", Key=key, Body=content(key))
            self.objects.add(key)

        return write

    def _multipart(self, round_: int) -> None:
        key = f"parts/{round_}"
        names = {"Bucket": "bucket", "Key": key}
        upload = self._s3.create_multipart_upload(**names)["UploadId"]
        part = self._s3.upload_part(**names, UploadId=upload, PartNumber=1, Body=content(key))
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        self._s3.complete_multipart_upload(**names, UploadId=upload, MultipartUpload=parts)
        self.objects.add(key)

    def _log(self, round_: int) -> None:
        event = {"timestamp": int(time.time() * 1000), "message": str(round_)}
        self._logs.put_log_events(logGroupName="group", logStreamName="stream", logEvents=[event])
        self.events.append(str(round_))


@pytest.mark.parametrize("acknowledged", [1, 12, 40])
def test_killed_server_loses_nothing_and_shows_nothing_half_done(own_state: StateDirectory, acknowledged: int) -> None:
    server = daemon.ensure_running(own_state)
    writers = Writers(server)
    writers.start()
    while len(writers.objects) + len(writers.events) < acknowledged:
        time.sleep(0.001)
    os.kill(server.pid, signal.SIGKILL)
    writers.join()

    again = daemon.ensure_running(own_state)
    s3 = client_of(again, "s3")
    listed = {entry["Key"]: entry for entry in s3.list_objects_v2(Bucket="bucket").get("Contents", [])}
    assert writers.objects <= listed.keys()
    for key in listed:
        assert s3.get_object(Bucket="bucket", Key=key)["Body"].read() == content(key)
    events = client_of(again, "logs").get_log_events(logGroupName="group", logStreamName="stream", startFromHead=True)
    found = [event["message"] for event in events["events"]]
    assert found[: len(writers.events)] == writers.events
    assert len(found) <= len(writers.events) + 1
    assert set(_data_files(own_state)) == set(_rows(again, own_state))


def _data_files(state: StateDirectory) -> Iterator[str]:
    return (path.name for path in state.objects.rglob("*") if path.is_file())


def _rows(server: RunningServer, state: StateDirectory) -> Iterator[str]:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(state.database)) as connection:
        rows = connection.execute("SELECT file FROM objects UNION SELECT file FROM parts").fetchall()
    return (row[0] for row in rows)


def test_everything_is_there_after_an_orderly_stop(own_state: StateDirectory, tmp_path: Path) -> None:
    first = client_of(daemon.ensure_running(own_state), "s3")
    first.create_bucket(Bucket="bucket")
    first.put_object(Bucket="bucket", Key="key", Body=b"kept", Metadata={"k": "v"})
    before = first.head_object(Bucket="bucket", Key="key")
    daemon.stop(own_state)
    after = client_of(daemon.ensure_running(own_state), "s3").head_object(Bucket="bucket", Key="key")
    for name in ("ETag", "LastModified", "Metadata", "ContentLength"):
        assert after[name] == before[name]
