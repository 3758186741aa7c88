"""The operations on schedules, their groups and tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from local_sagemaker.errors import AwsError
from local_sagemaker.http.region import current_region
from local_sagemaker.protocol import page_tokens
from local_sagemaker.protocol.json_service import Handler
from local_sagemaker.scheduler import expressions
from local_sagemaker.scheduler.expressions import invalid
from local_sagemaker.scheduler.firing import LONGEST_SECONDS, MOST_RETRIES, Firing
from local_sagemaker.scheduler.records import DATES, DEFAULT_GROUP, Group, Schedule, now
from local_sagemaker.scheduler.store import ScheduleStore
from local_sagemaker.scheduler.targets import Targets

_PAGE = 100
_GROUP_ARN = "schedule-group/"


class ScheduleOperations:
    """Schedules.

    Parameters
    ----------
    store : ScheduleStore
        Where they are kept.
    targets : Targets
        What they may invoke.
    firing : Firing
        Fires them.
    """

    def __init__(self, store: ScheduleStore, targets: Targets, firing: Firing) -> None:
        self._store = store
        self._targets = targets
        self._firing = firing

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {
            "CreateSchedule": self.create,
            "DeleteSchedule": self.delete,
            "GetSchedule": self.get,
            "ListSchedules": self.list,
            "UpdateSchedule": self.update,
        }

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        """CreateSchedule."""
        made = self._made(request, now())
        with self._store.transaction():
            self._require_group(made.group)
            if self._store.find(made.group, made.name) is not None:
                raise AwsError("ConflictException", f"Schedule {made.name} already exists.", 409)
            self._store.put(made)
        self._firing.wake()
        return {"ScheduleArn": made.arn}

    def update(self, request: dict[str, Any]) -> dict[str, Any]:
        """UpdateSchedule: what the request leaves out has its default again."""
        made = self._made(request, now())
        with self._store.transaction():
            self._store.put(replace(made, created=self._existing(request).created))
        self._firing.wake()
        return {"ScheduleArn": made.arn}

    def delete(self, request: dict[str, Any]) -> dict[str, Any]:
        """DeleteSchedule."""
        if not self._store.delete(request.get("GroupName", DEFAULT_GROUP), request["Name"]):
            raise _missing("Schedule", request["Name"])
        self._firing.wake()
        return {}

    def get(self, request: dict[str, Any]) -> dict[str, Any]:
        """GetSchedule."""
        found = self._existing(request)
        return {
            **found.asked,
            "Arn": found.arn,
            "GroupName": found.group,
            "State": found.state,
            "CreationDate": found.created,
            "LastModificationDate": found.modified,
        }

    def list(self, request: dict[str, Any]) -> dict[str, Any]:
        """ListSchedules."""
        wanted = request.get("GroupName")
        if wanted is not None:
            self._require_group(wanted)
        found = [
            each
            for each in self._store.all()
            if wanted in (None, each.group)
            and each.name.startswith(request.get("NamePrefix", ""))
            and each.state == request.get("State", each.state)
        ]
        page, answer = paged(found, request, "schedules")
        return {"Schedules": [_summary(each) for each in page], **answer}

    def _made(self, request: dict[str, Any], time: datetime) -> Schedule:
        kept = {name: value for name, value in request.items() if name != "ClientToken"}
        target = kept["Target"]
        self._targets.check(target)
        _check_window(kept["FlexibleTimeWindow"])
        defaults = {"MaximumEventAgeInSeconds": LONGEST_SECONDS, "MaximumRetryAttempts": MOST_RETRIES}
        kept["Target"] = {**target, "RetryPolicy": {**defaults, **target.get("RetryPolicy", {})}}
        kept.setdefault("ScheduleExpressionTimezone", "UTC")
        kept.setdefault("ActionAfterCompletion", "NONE")
        return Schedule(
            name=kept["Name"],
            group=kept.get("GroupName", DEFAULT_GROUP),
            region=current_region(),
            request=_storable(kept),
            created=time,
            modified=time,
            due=expressions.first(kept, time),
        )

    def _existing(self, request: Mapping[str, Any]) -> Schedule:
        found = self._store.find(request.get("GroupName", DEFAULT_GROUP), request["Name"])
        if found is None:
            raise _missing("Schedule", request["Name"])
        return found

    def _require_group(self, name: str) -> None:
        if self._store.group(name) is None:
            raise _missing("Schedule group", name)


class GroupOperations:
    """Groups of schedules, and their tags.

    Parameters
    ----------
    store : ScheduleStore
        Where they are kept.
    firing : Firing
        Fires the schedules.
    """

    def __init__(self, store: ScheduleStore, firing: Firing) -> None:
        self._store = store
        self._firing = firing

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {
            "CreateScheduleGroup": self.create,
            "DeleteScheduleGroup": self.delete,
            "GetScheduleGroup": self.get,
            "ListScheduleGroups": self.list,
            "ListTagsForResource": self.tags,
            "TagResource": self.tag,
            "UntagResource": self.untag,
        }

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        """CreateScheduleGroup."""
        time = now()
        tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", ())}
        made = Group(name=request["Name"], created=time, modified=time, tags=tags)
        with self._store.transaction():
            if self._store.group(made.name) is not None:
                raise AwsError("ConflictException", f"Schedule group {made.name} already exists.", 409)
            self._store.put_group(made)
        return {"ScheduleGroupArn": made.arn}

    def delete(self, request: dict[str, Any]) -> dict[str, Any]:
        """DeleteScheduleGroup, with its schedules."""
        if request["Name"] == DEFAULT_GROUP:
            raise invalid("The default schedule group cannot be deleted.")
        with self._store.transaction():
            self._store.delete_group(self._existing(request["Name"]).name)
        self._firing.wake()
        return {}

    def get(self, request: dict[str, Any]) -> dict[str, Any]:
        """GetScheduleGroup."""
        return _described(self._existing(request["Name"]))

    def list(self, request: dict[str, Any]) -> dict[str, Any]:
        """ListScheduleGroups."""
        prefix = request.get("NamePrefix", "")
        page, answer = paged([each for each in self._store.groups() if each.name.startswith(prefix)], request, "groups")
        return {"ScheduleGroups": [_described(each) for each in page], **answer}

    def tags(self, request: dict[str, Any]) -> dict[str, Any]:
        """ListTagsForResource."""
        found = self._tagged(request)
        return {"Tags": [{"Key": key, "Value": value} for key, value in found.tags.items()]}

    def tag(self, request: dict[str, Any]) -> dict[str, Any]:
        """TagResource."""
        with self._store.transaction():
            found = self._tagged(request)
            added = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
            self._store.put_group(replace(found, tags={**found.tags, **added}, modified=now()))
        return {}

    def untag(self, request: dict[str, Any]) -> dict[str, Any]:
        """UntagResource."""
        with self._store.transaction():
            found = self._tagged(request)
            left = {key: value for key, value in found.tags.items() if key not in request["TagKeys"]}
            self._store.put_group(replace(found, tags=left, modified=now()))
        return {}

    def _existing(self, name: str) -> Group:
        found = self._store.group(name)
        if found is None:
            raise _missing("Schedule group", name)
        return found

    def _tagged(self, request: Mapping[str, Any]) -> Group:
        """Find what has tags: groups alone, on AWS, too."""
        _, is_group, name = request["ResourceArn"].partition(_GROUP_ARN)
        if not is_group:
            raise invalid(f"Only schedule groups have tags, not {request['ResourceArn']}.")
        return self._existing(name)


def paged(items: Sequence[Any], request: Mapping[str, Any], of: str) -> tuple[Sequence[Any], dict[str, str]]:
    """Cut a page out of a list, and return the token of the next one.

    Raises
    ------
    AwsError
        `ValidationException` for a token that is none.
    """
    try:
        [start] = page_tokens.place(request["NextToken"], [0], [of]) if "NextToken" in request else [0]
    except page_tokens.ForeignToken as error:
        raise invalid("Invalid NextToken.") from error
    end = start + request.get("MaxResults", _PAGE)
    more = {"NextToken": page_tokens.written([end], [of])} if len(items) > end else {}
    return items[start:end], more


def _check_window(window: Mapping[str, Any]) -> None:
    """Hold a window to its mode; a schedule fires as it begins."""
    if (window["Mode"] == "FLEXIBLE") != ("MaximumWindowInMinutes" in window):
        raise invalid("MaximumWindowInMinutes must be given with the mode FLEXIBLE, and not with OFF.")


def _storable(request: Mapping[str, Any]) -> dict[str, Any]:
    return {**request, **{name: request[name].isoformat() for name in DATES if name in request}}


def _summary(schedule: Schedule) -> dict[str, Any]:
    return {
        "Arn": schedule.arn,
        "Name": schedule.name,
        "GroupName": schedule.group,
        "State": schedule.state,
        "CreationDate": schedule.created,
        "LastModificationDate": schedule.modified,
        "Target": {"Arn": schedule.request["Target"]["Arn"]},
    }


def _described(group: Group) -> dict[str, Any]:
    return {
        "Arn": group.arn,
        "Name": group.name,
        "State": "ACTIVE",
        "CreationDate": group.created,
        "LastModificationDate": group.modified,
    }


def _missing(what: str, name: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"{what} {name} does not exist.", 404)
