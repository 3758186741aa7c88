"""Content-Type and Accept headers are taken apart as RFC 9110 has them."""

from __future__ import annotations

import pytest

from preprocessor_container.preprocessor.requests.media_types import choose, parse_media_type

OFFERED = ("application/first", "application/second", "text/third")


@pytest.mark.parametrize(
    ("header", "name", "parameters"),
    [
        ("text/csv", "text/csv", {}),
        ("Text/CSV; Charset=UTF-8", "text/csv", {"charset": "UTF-8"}),
        ('text/csv;charset="latin-1" ; header=absent', "text/csv", {"charset": "latin-1", "header": "absent"}),
        ("text/csv;;oops", "text/csv", {}),
        ("", "", {}),
    ],
)
def test_media_type_is_taken_apart(header: str, name: str, parameters: dict[str, str]) -> None:
    parsed = parse_media_type(header)
    assert (parsed.name, parsed.parameters) == (name, parameters)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("application/second", "application/second"),
        ("APPLICATION/SECOND; charset=utf-8", "application/second"),
        ("*/*", "application/first"),
        ("application/*", "application/first"),
        ("text/*", "text/third"),
        ("application/second, */*", "application/second"),
        ("*/*, text/third", "text/third"),
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
