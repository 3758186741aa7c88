"""The store as the containers use it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from local_sagemaker.database import Database
from local_sagemaker.logs import reading, store
from local_sagemaker.logs.store import LogStore


def test_lines_find_a_stream_that_nobody_made(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "state.sqlite", [store.SCHEMA])) as database:
        logs = LogStore(database)
        logs.append("/aws/sagemaker/Endpoints/e", "v/1", [(5, "five"), (3, "three")])
        logs.append("/aws/sagemaker/Endpoints/e", "v/1", iter([(4, "four")]))
        logs.append("/aws/sagemaker/Endpoints/e", "v/2", [])
        wanted = {"logGroupName": "/aws/sagemaker/Endpoints/e", "logStreamName": "v/1"}
        events = reading.get_events(logs, wanted)["events"]
    assert [event["message"] for event in events] == ["three", "four", "five"]
