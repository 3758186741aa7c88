"""A text keeps its lines, and they end in a newline."""

from __future__ import annotations

from preprocessor_container.preprocessor.requests.line_structure import plain_newlines, unstaged


def test_carriage_returns_become_newlines() -> None:
    assert plain_newlines("a\r\nb\rc\nd\r\r\ne") == "a\nb\nc\nd\n\ne"


def test_staged_newlines_are_read_back() -> None:
    assert unstaged("Subject: x\u2028\u2028body\r\nend") == "Subject: x\n\nbody\nend"


def test_other_line_breaking_characters_stay() -> None:
    assert unstaged("a\x0bb\x0cc\x85d\u2029e") == "a\x0bb\x0cc\x85d\u2029e"
