"""A container's output, line by line."""

from __future__ import annotations

import io
import logging
from typing import Any

import pytest

from local_sagemaker.containers.output import TAIL_LINES, Output, lines


def read(content: bytes) -> tuple[list[str], Output]:
    said: list[str] = []
    output = Output(io.BytesIO(content), said.append)
    output.wait()
    return said, output


def test_lines_arrive_without_their_ends() -> None:
    assert read(b"one\ntwo\r\n\nlast without end")[0] == ["one", "two", "", "last without end"]


def test_bytes_that_are_not_utf8_are_replaced() -> None:
    assert read(b"caf\xe9 \xe2\x82\xac\n")[0] == ["caf\ufffd \u20ac"]


def test_a_long_line_is_cut() -> None:
    assert list(lines(io.BytesIO(b"abcdefgh\nij\n"), limit=3)) == ["abc", "def", "gh", "ij"]


def test_the_last_lines_are_kept() -> None:
    _, output = read(b"".join(b"%d\n" % number for number in range(1000)))
    assert output.tail == [str(number) for number in range(1000 - TAIL_LINES, 1000)]


def test_a_sink_that_fails_does_not_hold_up_the_container(caplog: pytest.LogCaptureFixture) -> None:
    said: list[str] = []

    def sink(line: str) -> None:
        if line == "bad":
            raise OSError("no space left")
        said.append(line)

    with caplog.at_level(logging.ERROR):
        Output(io.BytesIO(b"good\nbad\nbetter\n"), sink).wait()
    assert said == ["good", "better"]
    assert "could not be logged" in caplog.text


def test_a_line_that_there_is_no_memory_for_does_not_hold_up_the_container() -> None:
    class Short(io.BytesIO):
        """Memory is short once."""

        failures = 1

        def readline(self, *arguments: Any) -> bytes:
            if self.failures:
                self.failures -= 1
                raise MemoryError
            return super().readline(*arguments)

    said: list[str] = []
    Output(Short(b"one\ntwo\n"), said.append).wait()
    assert said == ["one", "two"]
