"""Requests as they are recorded: what is different each time (ids, times, digests, bodies) is numbered or left out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from pipeline.aws.rehearsal import is_looking
from pipeline.infrastructure.parameters import TEMPLATE
from tests.integration.watching import Call

RECORDED = Path(__file__).parent / "whole_life.json"

_NUMBERED = {
    "run": r"\d{8}-\d{6}-[0-9a-f]{4}",
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "sha256": r"\b[0-9a-f]{64}\b",
    "content": r"\b[0-9a-f]{16}\b",
    "digest": r"(?<=-)[0-9a-f]{8}\b",
    "cut": r"(?<=-\d{6}-[0-9a-f]{4}-)[0-9a-f]{4}(?=-[0-9a-f]{8}\b)",  # a digest, where a name has no room for more
}
"""What is different each time, but the same in each request of one life that means the same: in the order of search."""
_LEFT_OUT = {
    "<time>": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
    "<role of \\1>": r"arn:aws:iam::\d{12}:role/[\w-]*?(ExecutionRole|SchedulerRole)[\w-]*",
    "<figure>": r"\b\d\.\d{3,}\b",
}
_FOUND = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _NUMBERED.items()))


def recorded(commands: Iterable[Iterable[str]], calls: list[Call]) -> list[dict[str, Any]]:
    """Return what each command changed, in order; one command's requests of S3, which threads may send, by their keys.

    Parameters
    ----------
    commands : iterable of iterable of str
        What was run.
    calls : list of Call
        All that was called.
    """
    buckets = {bucket: f"<bucket {n}>" for n, bucket in enumerate(_buckets(calls), start=1)}
    numbers: dict[str, str] = {}
    return [
        {
            "command": " ".join(arguments),
            "requests": _settled(
                {call.name: json.loads(_written(call, buckets, numbers))}
                for call in _in_order([call for call in calls if call.number == number])
            ),
        }
        for number, arguments in enumerate(commands, start=1)
    ]


def _buckets(calls: list[Call]) -> list[str]:
    """Return the buckets, in the order in which something was put there."""
    return list(dict.fromkeys(call.request["Bucket"] for call in calls if call.name == "s3.PutObject"))


def _in_order(calls: list[Call]) -> list[Call]:
    changing = [call for call in calls if not is_looking(call.operation)]
    of_s3 = sorted((call for call in changing if call.service == "s3"), key=lambda call: (call.operation, _key(call)))
    return [*(call for call in changing if call.service != "s3"), *of_s3]


def _settled(requests: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort what is deleted by one operation after the other: it comes from a listing, in whatever order."""
    return [
        request
        for name, same in groupby(requests, key=lambda request: next(iter(request)))
        for request in (sorted(same, key=json.dumps) if ".Delete" in name else same)
    ]


def _key(call: Call) -> str:
    return str(call.request.get("Key"))


def _written(call: Call, buckets: dict[str, str], numbers: dict[str, str]) -> str:
    request = {name: _shown(name, value) for name, value in call.request.items()}
    text = json.dumps(request, sort_keys=True)
    for bucket, name in buckets.items():
        text = text.replace(bucket, name)
    for name, pattern in _LEFT_OUT.items():
        text = re.sub(pattern, name, text)
    return _FOUND.sub(lambda found: _number(found, numbers), text)


def _shown(name: str, value: Any) -> Any:
    if name == "TemplateBody":
        assert value == TEMPLATE.read_text()
        return "<the template>"
    if name == "AlarmNames":
        return sorted(value)
    return value if isinstance(value, str | int | float | list | dict | bool | None) and name != "Body" else "<body>"


def _number(found: re.Match[str], numbers: dict[str, str]) -> str:
    if found[0] not in numbers:
        same = [name for name in numbers.values() if name.startswith(f"<{found.lastgroup} ")]
        numbers[found[0]] = f"<{found.lastgroup} {len(same) + 1}>"
    return numbers[found[0]]
