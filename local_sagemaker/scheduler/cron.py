"""When a `cron(…)` expression is due: minutes, hours, day of the month, month, day of the week, year."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_Days = Callable[[int, int], Sequence[int]]
"""(year, month) → the days of that month."""

_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_WEEKDAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_LAST_OF_WEEK = 7
_YEARS = (1970, 2199)
_NEAREST_WEEKDAY = re.compile(r"([1-9]|[12]\d|3[01])W")
_LAST_WEEKDAY = re.compile(r"([1-7]|[A-Z]{3})L")
_NTH_WEEKDAY = re.compile(r"([1-7]|[A-Z]{3})#([1-5])")


@dataclass(frozen=True, slots=True)
class Cron:
    """An expression, read. The days are those of the month or those of the week, whichever it names."""

    minutes: Sequence[int]
    hours: Sequence[int]
    days: _Days
    months: Sequence[int]
    years: Sequence[int]

    def next(self, zone: ZoneInfo, start: datetime) -> datetime | None:
        """Tell when it is due first from a time on; None for never.

        A time that a clock change leaves out is left out, and one that comes twice counts once.
        """
        since = start.astimezone(zone)
        for moment in self._local(since.year, since.month):
            due = moment.replace(tzinfo=zone).astimezone(UTC)
            if due >= start and due.astimezone(zone).replace(tzinfo=None) == moment:
                return due
        return None

    def _local(self, year: int, month: int) -> Iterator[datetime]:
        """Go through its times by the wall clock, from the beginning of a month on."""
        months = ((y, m) for y in self.years for m in self.months if (y, m) >= (year, month))
        days = ((y, m, d) for y, m in months for d in self.days(y, m))
        return (datetime(*day, hour, minute) for day in days for hour in self.hours for minute in self.minutes)


def read(fields: str) -> Cron:
    """Read the six fields of an expression.

    Raises
    ------
    ValueError
        If they are none.
    """
    minutes, hours, of_month, months, of_week, years = fields.upper().split()
    if (of_month == "?") == (of_week == "?"):
        raise ValueError("one of the day of the month and the day of the week must be ?")
    return Cron(
        _values(minutes, 0, 59),
        _values(hours, 0, 23),
        _days_of_week(of_week) if of_month == "?" else _days_of_month(of_month),
        _values(months, 1, 12, _MONTHS),
        _values(years, *_YEARS),
    )


def _values(text: str, low: int, high: int, names: Mapping[str, int] | None = None) -> Sequence[int]:
    """Read a field's numbers: `*`, lists, ranges and steps."""
    found: set[int] = set()
    for part in text.split(","):
        given, _, step = part.partition("/")
        first, _, last = given.partition("-")
        begin = low if first == "*" else _number(first, names)
        end = _number(last, names) if last else (high if first == "*" or step else begin)
        if not low <= begin <= end <= high or (step and int(step) < 1):
            raise ValueError(part)
        found.update(range(begin, end + 1, int(step or 1)))
    return sorted(found)


def _number(text: str, names: Mapping[str, int] | None) -> int:
    return (names or {}).get(text) or int(text)


def _days_of_month(text: str) -> _Days:
    if text == "L":
        return lambda year, month: [_length(year, month)]
    if match := _NEAREST_WEEKDAY.fullmatch(text):
        day = int(match[1])
        return lambda year, month: _nearest_weekday(year, month, day)
    days = _values(text, 1, 31)
    return lambda year, month: [day for day in days if day <= _length(year, month)]


def _days_of_week(text: str) -> _Days:
    if match := _LAST_WEEKDAY.fullmatch(text):
        last = _number(match[1], _WEEKDAYS)
        return lambda year, month: _on(year, month, [last])[-1:]
    if match := _NTH_WEEKDAY.fullmatch(text):
        wanted, place = _number(match[1], _WEEKDAYS), int(match[2])
        return lambda year, month: _on(year, month, [wanted])[place - 1 : place]
    weekdays = [_LAST_OF_WEEK] if text == "L" else _values(text, 1, _LAST_OF_WEEK, _WEEKDAYS)
    return lambda year, month: _on(year, month, weekdays)


def _length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _on(year: int, month: int, weekdays: Sequence[int]) -> Sequence[int]:
    """The days of a month that fall on some days of the week; 1 is Sunday."""
    first = (calendar.monthrange(year, month)[0] + 1) % 7  # of Sunday as 0
    return [day for day in range(1, _length(year, month) + 1) if (first + day - 1) % 7 + 1 in weekdays]


def _nearest_weekday(year: int, month: int, day: int) -> Sequence[int]:
    """The day from Monday to Friday of the same month that is nearest to one."""
    if day > _length(year, month):
        return []
    weekdays = _on(year, month, range(2, 7))
    return [min(weekdays, key=lambda one: (abs(one - day), one))]
