"""The members of CloudWatch Logs' requests: the written list of what is honoured and what says nothing here."""

from __future__ import annotations

from collections.abc import Mapping

from local_sagemaker.protocol.members import Members

_GROUP = "logGroupName logGroupIdentifier"
_UNMASKED = {"unmask": "nothing is masked"}

LOGS: Mapping[str, Members] = {
    "CreateLogGroup": Members(
        "logGroupName",
        {"kmsKeyId": "what is stored is not encrypted"},
        only={"logGroupClass": ("STANDARD",), "deletionProtectionEnabled": (False,)},
    ),
    "CreateLogStream": Members("logGroupName logStreamName"),
    "DeleteLogGroup": Members("logGroupName"),
    "DeleteLogStream": Members("logGroupName logStreamName"),
    "DescribeLogGroups": Members(
        "logGroupNamePrefix logGroupNamePattern nextToken limit",
        only={"includeLinkedAccounts": (False,), "logGroupClass": ("STANDARD",)},
    ),
    "DescribeLogStreams": Members(f"{_GROUP} logStreamNamePrefix orderBy descending nextToken limit"),
    "FilterLogEvents": Members(
        f"{_GROUP} logStreamNames logStreamNamePrefix startTime endTime filterPattern nextToken limit",
        {"interleaved": "AWS ignores it, too: events of all streams are in the order of time", **_UNMASKED},
        only={"startFromHead": (True,)},
    ),
    "GetLogEvents": Members(f"{_GROUP} logStreamName startTime endTime nextToken limit startFromHead", _UNMASKED),
    "PutLogEvents": Members(
        "logGroupName logStreamName logEvents.timestamp logEvents.message",
        {"sequenceToken": "AWS ignores it, too"},
    ),
}
