"""What is shown of a long pass over records."""

from __future__ import annotations

import time

import pytest

from pipeline.console import rate


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_a_long_pass_says_its_rate_and_the_time_that_is_left(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with rate("reading") as reading:
        for n_records in range(1, 10 * 1024 + 1):
            clock[0] += 10 / 1024
            if reading.is_due(n_records):
                reading.show(n_records, n_records / 102_400)
    shown = capsys.readouterr().err.split("\n")
    assert shown[0] == "reading: 1,024 records, 102 a second, 16:30 left"
    assert len(shown) == 11


def test_nothing_is_said_of_a_short_pass(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with rate("reading") as reading:
        clock[0] += 2.9
        assert not reading.is_due(1024)
        reading.show_if_due(1024)
    assert capsys.readouterr().err == ""
