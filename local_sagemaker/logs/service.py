"""CloudWatch Logs' operations on groups and streams, and the list of all that are ours."""

from __future__ import annotations

import sqlite3
import time
from itertools import pairwise
from typing import Any

from local_sagemaker.errors import AwsError
from local_sagemaker.http.region import current_region
from local_sagemaker.logs.filtering import filter_events
from local_sagemaker.logs.paging import Paging
from local_sagemaker.logs.reading import get_events
from local_sagemaker.logs.request_members import LOGS
from local_sagemaker.logs.store import LogStore, group_named, require_group, require_stream
from local_sagemaker.protocol.json_service import JsonService

_ACCOUNT = "123456789012"
_DEFAULT_PAGE = 50


def json_service(store: LogStore) -> JsonService:
    """Return the service over a store."""
    operations = _Operations(store)
    return JsonService(
        "logs",
        {
            "CreateLogGroup": operations.create_group,
            "CreateLogStream": operations.create_stream,
            "DeleteLogGroup": operations.delete_group,
            "DeleteLogStream": operations.delete_stream,
            "DescribeLogGroups": operations.describe_groups,
            "DescribeLogStreams": operations.describe_streams,
            "FilterLogEvents": lambda parameters: filter_events(store, parameters),
            "GetLogEvents": lambda parameters: get_events(store, parameters),
            "PutLogEvents": operations.put_events,
        },
        LOGS,
    )


class _Operations:
    def __init__(self, store: LogStore) -> None:
        self._store = store
        self._database = store.database

    def create_group(self, parameters: dict[str, Any]) -> dict[str, Any]:
        try:
            with self._database.write() as rows:
                rows.execute("INSERT INTO log_groups VALUES (?, ?)", (parameters["logGroupName"], _now()))
        except sqlite3.IntegrityError as error:
            raise _already_there("log group") from error
        return {}

    def create_stream(self, parameters: dict[str, Any]) -> dict[str, Any]:
        group, stream = parameters["logGroupName"], parameters["logStreamName"]
        try:
            with self._database.write() as rows:
                require_group(rows, group)
                values = (group, stream, _now())
                rows.execute("INSERT INTO log_streams (log_group, name, created) VALUES (?, ?, ?)", values)
        except sqlite3.IntegrityError as error:
            raise _already_there("log stream") from error
        return {}

    def delete_group(self, parameters: dict[str, Any]) -> dict[str, Any]:
        with self._database.write() as rows:
            require_group(rows, parameters["logGroupName"])
            rows.execute("DELETE FROM log_groups WHERE name = ?", (parameters["logGroupName"],))
        return {}

    def delete_stream(self, parameters: dict[str, Any]) -> dict[str, Any]:
        with self._database.write() as rows:
            stream = require_stream(rows, parameters["logGroupName"], parameters["logStreamName"])
            rows.execute("DELETE FROM log_streams WHERE id = ?", (stream,))
        return {}

    def put_events(self, parameters: dict[str, Any]) -> dict[str, Any]:
        events = [(event["timestamp"], event["message"]) for event in parameters["logEvents"]]
        if any(later[0] < earlier[0] for earlier, later in pairwise(events)):
            message = "Log events in a single PutLogEvents request must be in chronological order."
            raise AwsError("InvalidParameterException", message)
        with self._database.write() as rows:
            stream = require_stream(rows, parameters["logGroupName"], parameters["logStreamName"])
            self._store.add_events(rows, stream, events, _now())
        return {}

    def describe_groups(self, parameters: dict[str, Any]) -> dict[str, Any]:
        prefix, pattern = parameters.get("logGroupNamePrefix", ""), parameters.get("logGroupNamePattern", "")
        if prefix and pattern:
            raise AwsError(
                "InvalidParameterException", "LogGroup name prefix and LogGroup name pattern are mutually exclusive."
            )
        limit = parameters.get("limit", _DEFAULT_PAGE)
        paging = Paging("groups", prefix, pattern)
        (after,) = paging.position(parameters.get("nextToken"), [""])
        with self._database.read() as rows:
            found = rows.execute(
                "SELECT * FROM log_groups WHERE name > ? AND substr(name, 1, ?) = ? "
                "AND instr(name, ?) > 0 ORDER BY name LIMIT ?",
                (after, len(prefix), prefix, pattern, limit + 1),
            ).fetchall()
        answer: dict[str, Any] = {"logGroups": [self._group(row) for row in found[:limit]]}
        if len(found) > limit:
            answer["nextToken"] = paging.token([found[limit - 1]["name"]])
        return answer

    def describe_streams(self, parameters: dict[str, Any]) -> dict[str, Any]:
        group, prefix = group_named(parameters), parameters.get("logStreamNamePrefix", "")
        by_time = parameters.get("orderBy") == "LastEventTime"
        if by_time and prefix:
            message = "Cannot order by LastEventTime with a logStreamNamePrefix."
            raise AwsError("InvalidParameterException", message)
        order = "ifnull(last_event, created)" if by_time else "0"
        descending = parameters.get("descending", False)
        limit = parameters.get("limit", _DEFAULT_PAGE)
        paging = Paging("streams", group, prefix, order, "descending" if descending else "ascending")
        after = paging.position(parameters.get("nextToken"), [1 << 62, ""] if descending else [-1, ""])
        beyond, direction = ("<", "DESC") if descending else (">", "ASC")
        with self._database.read() as rows:
            require_group(rows, group)
            found = rows.execute(
                f"SELECT *, {order} AS place FROM log_streams WHERE log_group = ? AND substr(name, 1, ?) = ? "  # noqa: S608
                f"AND ({order}, name) {beyond} (?, ?) ORDER BY place {direction}, name {direction} LIMIT ?",
                (group, len(prefix), prefix, *after, limit + 1),
            ).fetchall()
        answer: dict[str, Any] = {"logStreams": [self._stream(row) for row in found[:limit]]}
        if len(found) > limit:
            answer["nextToken"] = paging.token([found[limit - 1]["place"], found[limit - 1]["name"]])
        return answer

    def _group(self, row: sqlite3.Row) -> dict[str, Any]:
        arn = f"{_arn_prefix()}:{row['name']}"
        return {
            "logGroupName": row["name"],
            "creationTime": row["created"],
            "metricFilterCount": 0,
            "arn": f"{arn}:*",
            "logGroupArn": arn,
            "logGroupClass": "STANDARD",
        }

    def _stream(self, row: sqlite3.Row) -> dict[str, Any]:
        facts = {
            "logStreamName": row["name"],
            "creationTime": row["created"],
            "firstEventTimestamp": row["first_event"],
            "lastEventTimestamp": row["last_event"],
            "lastIngestionTime": row["last_ingestion"],
            "arn": f"{_arn_prefix()}:{row['log_group']}:log-stream:{row['name']}",
            "storedBytes": 0,  # what AWS answers, too
        }
        return {name: value for name, value in facts.items() if value is not None}


def _already_there(what: str) -> AwsError:
    return AwsError("ResourceAlreadyExistsException", f"The specified {what} already exists")


def _arn_prefix() -> str:
    return f"arn:aws:logs:{current_region()}:{_ACCOUNT}:log-group"


def _now() -> int:
    return int(time.time() * 1000)
