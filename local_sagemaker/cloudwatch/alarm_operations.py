"""The operations on alarms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from local_sagemaker.cloudwatch.alarm_requests import check_alarm, invalid
from local_sagemaker.cloudwatch.alarms import UNCHECKED, Alarm, Alarms, State
from local_sagemaker.cloudwatch.paging import page
from local_sagemaker.cloudwatch.watching import Watch
from local_sagemaker.errors import AwsError
from local_sagemaker.http.region import current_region
from local_sagemaker.protocol.json_service import Handler

ACCOUNT = "123456789012"
_DEFAULT_PAGE = 50
_HISTORY_PAGE = 100
_OF_METRIC = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Unit")


class AlarmOperations:
    """PutMetricAlarm and what else there is to do with alarms.

    Parameters
    ----------
    alarms : Alarms
        The alarms.
    watch : Watch
        Evaluates them.
    """

    def __init__(self, alarms: Alarms, watch: Watch) -> None:
        self._alarms = alarms
        self._watch = watch

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {
            "DeleteAlarms": self.delete,
            "DescribeAlarmHistory": self.history,
            "DescribeAlarms": self.describe,
            "DescribeAlarmsForMetric": self.describe_for_metric,
            "DisableAlarmActions": lambda request: self._enable(request, enabled=False),
            "EnableAlarmActions": lambda request: self._enable(request, enabled=True),
            "ListTagsForResource": self.list_tags,
            "PutMetricAlarm": self.put,
            "SetAlarmState": self.set_state,
            "TagResource": self.tag,
            "UntagResource": self.untag,
        }

    def put(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer PutMetricAlarm; an alarm that is there keeps its state and its tags.

        Raises
        ------
        AwsError
            `ValidationError`.
        """
        check_alarm(request)
        tags, name = _tags(request.get("Tags", ())), request["AlarmName"]
        settings = {member: value for member, value in request.items() if member != "Tags"}

        def changed(before: Alarm | None) -> Alarm:
            now, enabled = datetime.now(UTC), request.get("ActionsEnabled", True)
            if before is None:
                return Alarm(name, settings, now, enabled, State.INSUFFICIENT_DATA, UNCHECKED, now, tags=tags)
            return replace(before, request=settings, configured=now, actions_enabled=enabled)

        there = self._alarms.get(name) is not None
        self._alarms.put(name, changed, f'Alarm "{name}" {"updated" if there else "created"}')
        return {}

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DescribeAlarms."""
        wanted, prefix = request.get("AlarmNames"), request.get("AlarmNamePrefix", "")
        if wanted and prefix:
            raise invalid("AlarmNames and AlarmNamePrefix cannot both be specified.")
        found = [
            alarm
            for alarm in self._alarms.all()
            if (not wanted or alarm.name in wanted)
            and alarm.name.startswith(prefix)
            and request.get("StateValue") in (None, alarm.state)
            and _acts(alarm, request.get("ActionPrefix"))
        ]
        if "MetricAlarm" not in request.get("AlarmTypes", ["MetricAlarm"]):
            found = []
        listed, token = page("alarms", found, request, request.get("MaxRecords", _DEFAULT_PAGE))
        return {"MetricAlarms": [_described(alarm) for alarm in listed], "CompositeAlarms": [], **token}

    def describe_for_metric(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DescribeAlarmsForMetric."""
        dimensions = _sorted(request.get("Dimensions", ()))
        found = [
            _described(alarm)
            for alarm in self._alarms.all()
            if all(alarm.request.get(name) == request[name] for name in _OF_METRIC if name in request)
            and _sorted(alarm.request.get("Dimensions", ())) == dimensions
        ]
        return {"MetricAlarms": found}

    def set_state(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer SetAlarmState.

        Raises
        ------
        AwsError
            `ResourceNotFound`.
        """
        state, reason, data = State(request["StateValue"]), request["StateReason"], request.get("StateReasonData")
        if not self._watch.set_state(request["AlarmName"], state, reason, data):
            raise AwsError("ResourceNotFound", f"Alarm {request['AlarmName']} does not exist.", 404)
        return {}

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DeleteAlarms; those that are there go, even if others are not.

        Raises
        ------
        AwsError
            `ResourceNotFound` if an alarm is not there.
        """
        missing = self._alarms.missing(request["AlarmNames"])
        self._alarms.remove(request["AlarmNames"])
        if missing:
            raise AwsError("ResourceNotFound", f"Alarms do not exist: {', '.join(missing)}", 404)
        return {}

    def history(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DescribeAlarmHistory."""
        entries = self._alarms.history(request.get("AlarmName"), request.get("HistoryItemType"))
        start, end = request.get("StartDate"), request.get("EndDate")
        found = [
            entry
            for entry in entries
            if (start is None or entry["time"] >= start.timestamp())
            and (end is None or entry["time"] <= end.timestamp())
        ]
        if request.get("ScanBy") != "TimestampAscending":
            found.reverse()
        listed, token = page("history", found, request, request.get("MaxRecords", _HISTORY_PAGE))
        return {"AlarmHistoryItems": [_history_item(entry) for entry in listed], **token}

    def list_tags(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListTagsForResource.

        Raises
        ------
        AwsError
            `ResourceNotFoundException`.
        """
        tags = self._tagged(request["ResourceARN"]).tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}

    def tag(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer TagResource."""
        new = _tags(request["Tags"])
        return self._retag(request["ResourceARN"], lambda tags: {**tags, **new})

    def untag(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer UntagResource."""
        gone = request["TagKeys"]
        return self._retag(
            request["ResourceARN"], lambda tags: {key: value for key, value in tags.items() if key not in gone}
        )

    def _retag(self, arn: str, change: Callable[[Mapping[str, str]], Mapping[str, str]]) -> dict[str, Any]:
        self._alarms.change(self._tagged(arn).name, lambda alarm: replace(alarm, tags=change(alarm.tags)))
        return {}

    def _tagged(self, arn: str) -> Alarm:
        alarm = self._alarms.get(arn.partition(":alarm:")[2])
        if alarm is None:
            raise AwsError("ResourceNotFoundException", f"There is no alarm {arn}.", 404)
        return alarm

    def _enable(self, request: Mapping[str, Any], enabled: bool) -> dict[str, Any]:
        for name in request["AlarmNames"]:
            self._alarms.change(name, lambda alarm: replace(alarm, actions_enabled=enabled))
        return {}


def arn_of(alarm: str) -> str:
    """Write an alarm's ARN."""
    return f"arn:aws:cloudwatch:{current_region()}:{ACCOUNT}:alarm:{alarm}"


def _described(alarm: Alarm) -> dict[str, Any]:
    actions = {name: alarm.request.get(name, []) for name in ("OKActions", "AlarmActions", "InsufficientDataActions")}
    return {
        "Dimensions": [],
        **alarm.request,
        **actions,
        "AlarmArn": arn_of(alarm.name),
        "AlarmConfigurationUpdatedTimestamp": alarm.configured,
        "ActionsEnabled": alarm.actions_enabled,
        "StateValue": alarm.state,
        "StateReason": alarm.reason,
        "StateUpdatedTimestamp": alarm.updated,
        "StateTransitionedTimestamp": alarm.updated,
        **({} if alarm.reason_data is None else {"StateReasonData": alarm.reason_data}),
    }


def _history_item(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "AlarmName": entry["alarm"],
        "AlarmType": "MetricAlarm",
        "Timestamp": datetime.fromtimestamp(entry["time"], UTC),
        "HistoryItemType": entry["kind"],
        "HistorySummary": entry["summary"],
        "HistoryData": entry["data"],
    }


def _acts(alarm: Alarm, prefix: str | None) -> bool:
    actions = (*alarm.request.get("AlarmActions", ()), *alarm.request.get("OKActions", ()))
    return prefix is None or any(action.startswith(prefix) for action in actions)


def _tags(listed: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in listed}


def _sorted(dimensions: Iterable[Mapping[str, str]]) -> Sequence[tuple[str, str]]:
    return sorted((dimension["Name"], dimension["Value"]) for dimension in dimensions)
