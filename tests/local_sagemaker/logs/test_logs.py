"""CloudWatch Logs, as a user of boto3 meets them."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_sagemaker.conftest import ClientFactory

HOUR = 3_600_000


@pytest.fixture(scope="session")
def logs(client: ClientFactory) -> Any:
    """A boto3 CloudWatch Logs client."""
    return client("logs")


@pytest.fixture
def group(logs: Any) -> str:
    """A new log group."""
    name = f"/test/{uuid.uuid4().hex[:12]}"
    logs.create_log_group(logGroupName=name)
    return name


@pytest.fixture
def stream(logs: Any, group: str) -> dict[str, str]:
    """What names a new stream."""
    names = {"logGroupName": group, "logStreamName": "stream"}
    logs.create_log_stream(**names)
    return names


def put(logs: Any, stream: dict[str, str], *messages: str, start: int | None = None) -> int:
    """Write messages a millisecond apart and return the time of the first."""
    first = int(time.time() * 1000) if start is None else start
    events = [{"timestamp": first + number, "message": message} for number, message in enumerate(messages)]
    logs.put_log_events(**stream, logEvents=events)
    return first


def messages(answer: dict[str, Any]) -> list[str]:
    return [event["message"] for event in answer["events"]]


def test_events_come_back_in_order_with_their_times(logs: Any, stream: dict[str, str]) -> None:
    first = put(logs, stream, "one", "zwei ü", "three")
    answer = logs.get_log_events(**stream, startFromHead=True)
    assert messages(answer) == ["one", "zwei ü", "three"]
    assert [event["timestamp"] - first for event in answer["events"]] == [0, 1, 2]
    assert answer["events"][0]["ingestionTime"] >= first


def test_without_a_direction_the_latest_come(logs: Any, stream: dict[str, str]) -> None:
    put(logs, stream, *"abcde")
    assert messages(logs.get_log_events(**stream, limit=2)) == ["d", "e"]


def test_forward_token_leads_to_the_end_and_stays_there(logs: Any, stream: dict[str, str]) -> None:
    put(logs, stream, *"abcde")
    found, token, arguments = [], None, {"startFromHead": True}
    while True:
        answer = logs.get_log_events(**stream, limit=2, **arguments)
        found += messages(answer)
        if answer["nextForwardToken"] == token:
            break
        token = answer["nextForwardToken"]
        arguments = {"nextToken": token}
    assert found == list("abcde")
    put(logs, stream, "f")
    assert messages(logs.get_log_events(**stream, nextToken=token)) == ["f"]


def test_backward_token_leads_to_the_start_and_stays_there(logs: Any, stream: dict[str, str]) -> None:
    put(logs, stream, *"abcde")
    found: list[str] = []
    answer = logs.get_log_events(**stream, limit=2)
    while answer["events"]:
        found = messages(answer) + found
        token = answer["nextBackwardToken"]
        answer = logs.get_log_events(**stream, limit=2, nextToken=token)
    assert found == list("abcde")
    assert answer["nextBackwardToken"] == token


def test_token_of_an_empty_stream_sees_what_comes(logs: Any, stream: dict[str, str]) -> None:
    answer = logs.get_log_events(**stream, startFromHead=True)
    assert answer["events"] == []
    put(logs, stream, "first")
    assert messages(logs.get_log_events(**stream, nextToken=answer["nextForwardToken"])) == ["first"]


def test_span_of_time_selects(logs: Any, stream: dict[str, str]) -> None:
    first = put(logs, stream, *"abc")
    assert messages(logs.get_log_events(**stream, startTime=first + 1, endTime=first + 2)) == ["b"]
    selected = logs.filter_log_events(logGroupName=stream["logGroupName"], startTime=first + 1, endTime=first + 2)
    assert messages(selected) == ["b", "c"]


def test_page_is_bounded_in_bytes(logs: Any, stream: dict[str, str]) -> None:
    put(logs, stream, *("x" * 200_000 for _ in range(7)))
    pages = [
        len(page["events"])
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=stream["logGroupName"])
    ]
    assert pages == [5, 2]
    assert len(logs.get_log_events(**stream, startFromHead=True)["events"]) == 5


def test_streams_are_merged_by_time(logs: Any, group: str) -> None:
    streams = [{"logGroupName": group, "logStreamName": name} for name in ("web/1", "web/2", "job")]
    for number, stream in enumerate(streams):
        logs.create_log_stream(**stream)
        put(logs, stream, f"{number}a", start=number * 10)
        put(logs, stream, f"{number}b", start=100 - number * 10)
    everything = logs.filter_log_events(logGroupName=group)
    assert messages(everything) == ["0a", "1a", "2a", "2b", "1b", "0b"]
    assert everything["events"][0]["logStreamName"] == "web/1"
    assert len({event["eventId"] for event in everything["events"]}) == 6
    assert messages(logs.filter_log_events(logGroupName=group, logStreamNamePrefix="web/")) == ["0a", "1a", "1b", "0b"]
    assert messages(logs.filter_log_events(logGroupName=group, logStreamNames=["job"])) == ["2a", "2b"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("ERROR", ["ERROR disk full", "ERROR net down"]),
        ("ERROR disk", ["ERROR disk full"]),
        ('"disk full"', ["ERROR disk full"]),
        ("ERROR -net", ["ERROR disk full"]),
        ("?full ?fine", ["ERROR disk full", "all fine"]),
        ('"say \\"hi\\""', ['say "hi"']),
        ("error", []),
        ("", ["ERROR disk full", "ERROR net down", "all fine", 'say "hi"']),
    ],
)
def test_pattern_picks(logs: Any, stream: dict[str, str], pattern: str, expected: list[str]) -> None:
    put(logs, stream, "ERROR disk full", "ERROR net down", "all fine", 'say "hi"')
    group = stream["logGroupName"]
    assert messages(logs.filter_log_events(logGroupName=group, filterPattern=pattern)) == expected
    paged = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, filterPattern=pattern, PaginationConfig={"PageSize": 1}
    )
    assert [message for page in paged for message in messages(page)] == expected


@pytest.mark.parametrize("pattern", ["{ $.a = 1 }", "[a, b]", '"open'])
def test_pattern_of_another_kind_is_refused(logs: Any, group: str, pattern: str) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        logs.filter_log_events(logGroupName=group, filterPattern=pattern)


def test_following_a_group_sees_each_event_once(logs: Any, stream: dict[str, str]) -> None:
    """What `aws logs tail --follow` (CLI v2) does: ask again from the latest time on, and drop the ids seen there."""
    group, since = stream["logGroupName"], int(time.time() * 1000) - HOUR
    seen: dict[str, str] = {}
    for batch in (["a", "b"], [], ["c"], ["d", "e", "f"]):
        if batch:
            put(logs, stream, *batch, start=since + len(seen))
        for page in logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=since, interleaved=True
        ):
            for event in page["events"]:
                seen[event["eventId"]] = event["message"]
                since = event["timestamp"]
    assert list(seen.values()) == list("abcdef")


def test_streams_are_described_by_name_and_by_time(logs: Any, group: str) -> None:
    for number, name in enumerate(("b", "c", "a")):
        logs.create_log_stream(logGroupName=group, logStreamName=name)
        put(logs, {"logGroupName": group, "logStreamName": name}, "x", start=1000 + number)
    pages = logs.get_paginator("describe_log_streams")

    def names(**arguments: Any) -> list[str]:
        found = pages.paginate(logGroupName=group, PaginationConfig={"PageSize": 2}, **arguments)
        return [stream["logStreamName"] for page in found for stream in page["logStreams"]]

    assert names() == ["a", "b", "c"]
    assert names(descending=True) == ["c", "b", "a"]
    assert names(orderBy="LastEventTime") == ["b", "c", "a"]
    assert names(orderBy="LastEventTime", descending=True) == ["a", "c", "b"]
    assert names(logStreamNamePrefix="b") == ["b"]
    with pytest.raises(ClientError, match="Cannot order by LastEventTime"):
        names(orderBy="LastEventTime", logStreamNamePrefix="b")
    first = logs.describe_log_streams(logGroupName=group)["logStreams"][0]
    assert (first["firstEventTimestamp"], first["lastEventTimestamp"]) == (1002, 1002)


def test_groups_are_described_in_pages(logs: Any) -> None:
    prefix = f"/pages/{uuid.uuid4().hex[:12]}"
    wanted = [f"{prefix}/{letter}" for letter in "abc"]
    for name in wanted:
        logs.create_log_group(logGroupName=name)
    pages = logs.get_paginator("describe_log_groups")
    for selection in ({"logGroupNamePrefix": prefix}, {"logGroupNamePattern": prefix[-8:]}):
        found = pages.paginate(**selection, PaginationConfig={"PageSize": 2})
        assert [group["logGroupName"] for page in found for group in page["logGroups"]] == wanted


def test_what_is_there_is_not_made_again(logs: Any, stream: dict[str, str]) -> None:
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=stream["logGroupName"])
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_stream(**stream)


def test_what_is_missing_is_named(logs: Any, group: str) -> None:
    nowhere = {"logGroupName": "nowhere", "logStreamName": "stream"}
    with pytest.raises(ClientError, match="The specified log group does not exist"):
        logs.get_log_events(**nowhere)
    with pytest.raises(ClientError, match="The specified log stream does not exist"):
        put(logs, {**nowhere, "logGroupName": group}, "x")
    with pytest.raises(ClientError, match="The specified log group does not exist"):
        logs.create_log_stream(**nowhere)


def test_deleted_stream_and_group_take_their_events_along(logs: Any, stream: dict[str, str]) -> None:
    put(logs, stream, "gone")
    logs.delete_log_stream(**stream)
    logs.create_log_stream(**stream)
    assert logs.get_log_events(**stream)["events"] == []
    logs.delete_log_group(logGroupName=stream["logGroupName"])
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        logs.describe_log_streams(logGroupName=stream["logGroupName"])


def test_events_out_of_order_are_refused(logs: Any, stream: dict[str, str]) -> None:
    events = [{"timestamp": 2, "message": "b"}, {"timestamp": 1, "message": "a"}]
    with pytest.raises(ClientError, match="must be in chronological order"):
        logs.put_log_events(**stream, logEvents=events)


def test_group_is_found_by_its_arn(logs: Any, stream: dict[str, str]) -> None:
    put(logs, stream, "here")
    (group,) = logs.describe_log_groups(logGroupNamePrefix=stream["logGroupName"])["logGroups"]
    for identifier in (group["logGroupArn"], group["logGroupName"]):
        assert messages(logs.filter_log_events(logGroupIdentifier=identifier)) == ["here"]


def test_unknown_token_is_refused(logs: Any, stream: dict[str, str]) -> None:
    for call in (logs.get_log_events, logs.describe_log_streams):
        arguments = stream if call == logs.get_log_events else {"logGroupName": stream["logGroupName"]}
        with pytest.raises(ClientError, match="nextToken is invalid"):
            call(**arguments, nextToken="nonsense")


def test_a_token_of_another_list_or_order_is_refused(logs: Any, stream: dict[str, str]) -> None:
    group = stream["logGroupName"]
    logs.create_log_stream(logGroupName=group, logStreamName="second")
    token = logs.describe_log_streams(logGroupName=group, limit=1)["nextToken"]
    for asked in (
        lambda: logs.describe_log_streams(logGroupName=group, nextToken=token, descending=True),
        lambda: logs.describe_log_streams(logGroupName=group, nextToken=token, orderBy="LastEventTime"),
        lambda: logs.describe_log_groups(nextToken=token),
        lambda: logs.filter_log_events(logGroupName=group, nextToken=token),
        lambda: logs.get_log_events(**stream, nextToken=f"f/{'9' * 40}/s"),
    ):
        with pytest.raises(ClientError, match="nextToken is invalid"):
            asked()


def test_pattern_of_a_group_minds_the_case(logs: Any, group: str) -> None:
    assert logs.describe_log_groups(logGroupNamePattern=group)["logGroups"]
    assert not logs.describe_log_groups(logGroupNamePattern=group.upper())["logGroups"]
