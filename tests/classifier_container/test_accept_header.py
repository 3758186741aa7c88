"""The Accept header is honoured as RFC 9110 has it."""

from __future__ import annotations

import pytest

from accept_header import choose, media_type_name

OFFERED = ("application/first", "application/second", "text/third")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("application/second", "application/second"),
        ("APPLICATION/SECOND; charset=utf-8", "application/second"),
        ("*/*", "application/first"),
        ("text/*", "text/third"),
        ("application/second, */*", "application/second"),
        ("text/third, application/second", "text/third"),
        ("application/second;q=0.5, text/third;q=0.6", "text/third"),
        ("application/first;q=0, */*", "application/second"),
        ("application/first;q=bad, text/third;q=0.1", "text/third"),
        ("application/other, image/*", None),
        ("application/second;q=0", None),
        ("", None),
    ],
)
def test_best_liked_format_is_chosen(accept: str, chosen: str | None) -> None:
    assert choose(accept, OFFERED) == chosen


def test_parameters_are_no_part_of_the_name() -> None:
    assert media_type_name(" Text/CSV ; charset=utf-8") == "text/csv"
