"""When a schedule fires: `at(…)`, `rate(…)`, `cron(…)` in the schedule's time zone, between its start and its end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from local_sagemaker.errors import AwsError
from local_sagemaker.scheduler import cron
from local_sagemaker.scheduler.cron import Cron

_AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)")
_CRON = re.compile(r"cron\((.+)\)")
_RATE = re.compile(r"rate\(([1-9]\d{0,8}) (minute|hour|day)s?\)")
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


def first(request: Mapping[str, Any], now: datetime) -> datetime | None:
    """Tell when a new schedule fires first; None if it never does.

    Raises
    ------
    AwsError
        `ValidationException` for an expression or a time zone that is none, and for a time that has passed.
    """
    moment = _at(request)
    if moment is not None:
        if moment <= now and request.get("State", "ENABLED") == "ENABLED":
            raise invalid(f"Invalid Schedule Expression {request['ScheduleExpression']}. The time has passed.")
        return moment
    start = max(now, request.get("StartDate", now))
    if (of_calendar := _cron(request)) is not None:
        return _before_end(of_calendar.next(_zone(request), start), request)
    _rate(request)
    return _before_end(start, request)


def following(request: Mapping[str, Any], fired: datetime, now: datetime) -> datetime | None:
    """Tell when a schedule fires next; what was missed meanwhile is not made up for. None if it has completed."""
    if _at(request) is not None:
        return None
    if (of_calendar := _cron(request)) is not None:
        after = max(fired, now) + timedelta(seconds=1)
        return _before_end(of_calendar.next(_zone(request), after), request)
    rate = _rate(request)
    missed = max((now - fired) // rate, 0)
    return _before_end(fired + (missed + 1) * rate, request)


def _at(request: Mapping[str, Any]) -> datetime | None:
    match = _AT.fullmatch(request["ScheduleExpression"])
    if match is None:
        return None
    try:
        return datetime.fromisoformat(match[1]).replace(tzinfo=_zone(request)).astimezone(UTC)
    except ValueError as error:
        raise invalid(f"Invalid Schedule Expression {request['ScheduleExpression']}.") from error


def _cron(request: Mapping[str, Any]) -> Cron | None:
    match = _CRON.fullmatch(request["ScheduleExpression"])
    try:
        return cron.read(match[1]) if match else None
    except ValueError as error:
        raise invalid(f"Invalid Schedule Expression {request['ScheduleExpression']}.") from error


def _rate(request: Mapping[str, Any]) -> timedelta:
    expression = request["ScheduleExpression"]
    match = _RATE.fullmatch(expression)
    if match is None:
        raise invalid(f"Invalid Schedule Expression {expression}.")
    _zone(request)
    return int(match[1]) * _UNITS[match[2]]


def _zone(request: Mapping[str, Any]) -> ZoneInfo:
    name = request.get("ScheduleExpressionTimezone", "UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise invalid(f"Invalid time zone {name}.") from error


def _before_end(moment: datetime | None, request: Mapping[str, Any]) -> datetime | None:
    if moment is None:
        return None
    return moment if moment < request.get("EndDate", datetime.max.replace(tzinfo=UTC)) else None


def invalid(message: str) -> AwsError:
    """Refuse a request."""
    return AwsError("ValidationException", message)
