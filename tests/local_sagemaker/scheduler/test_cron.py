"""When cron expressions of EventBridge are due, by the wall clock of a time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from local_sagemaker.scheduler import cron

START = datetime(2026, 2, 10, 12, 0, 30, tzinfo=UTC)  # a Tuesday


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ("0 8 * * ? *", datetime(2026, 2, 11, 8)),
        ("15 12 * * ? *", datetime(2026, 2, 10, 12, 15)),
        ("0/20 9-17 ? * MON-FRI *", datetime(2026, 2, 10, 12, 20)),
        ("0 0 L * ? *", datetime(2026, 2, 28)),
        ("0 0 15W * ? *", datetime(2026, 2, 16)),  # the 15th is a Sunday
        ("0 0 1W AUG ? *", datetime(2026, 8, 3)),  # the 1st is a Saturday, and July is another month
        ("15 10 ? * 6L *", datetime(2026, 2, 27, 10, 15)),  # the last Friday
        ("0 9 ? * 2#1 *", datetime(2026, 3, 2, 9)),  # the first Monday
        ("0 0 29 2 ? *", datetime(2028, 2, 29)),
        ("0 0 1 JAN,JUL ? 2027-2030", datetime(2027, 1, 1)),
        ("0 0 30 2 ? *", None),
        ("0 0 1 1 ? 2020-2025", None),
    ],
)
def test_the_next_time_is_the_calendars(fields: str, due: datetime | None) -> None:
    expected = None if due is None else due.replace(tzinfo=UTC)
    assert cron.read(fields).next(ZoneInfo("UTC"), START) == expected


def test_a_time_is_the_zones_and_one_that_the_clocks_leave_out_is_left_out() -> None:
    berlin, night = ZoneInfo("Europe/Berlin"), cron.read("30 2 * * ? *")
    assert night.next(berlin, datetime(2026, 3, 28, 12, tzinfo=UTC)) == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)
    assert night.next(berlin, datetime(2026, 1, 5, 12, tzinfo=UTC)) == datetime(2026, 1, 6, 1, 30, tzinfo=UTC)


def test_a_time_that_comes_twice_counts_once() -> None:
    berlin, night = ZoneInfo("Europe/Berlin"), cron.read("30 2 * * ? *")
    first = night.next(berlin, datetime(2026, 10, 24, 12, tzinfo=UTC))
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert night.next(berlin, datetime(2026, 10, 25, 0, 30, 1, tzinfo=UTC)) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "fields",
    [
        "0 8 * * *",
        "0 8 * * * *",
        "0 8 ? * ? *",
        "60 8 * * ? *",
        "0 24 * * ? *",
        "0 8 0 * ? *",
        "0 8 ? * 8 *",
        "x 8 * * ? *",
        "5-1 8 * * ? *",
        "0/0 8 * * ? *",
        "0 8 ? * MON#6 *",
        "0 8 32W * ? *",
        "0 8 * * ? 1969",
        "0 8 ? * XYZL *",
    ],
)
def test_what_is_no_expression_is_told_of(fields: str) -> None:
    with pytest.raises(ValueError):
        cron.read(fields)
