"""The fast tokenizer gives what the plain regular expression gives, on any text."""

from __future__ import annotations

import re
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preprocessor_container.preprocessor.features import tokens
from preprocessor_container.preprocessor.features.tokens import TokenKind, is_term, tokenizer


def letters(text: str) -> list[str]:
    tokens = tokenizer(TokenKind.LETTERS)(text)
    return [token.decode() for token in tokens if is_term(token)]


@given(st.text() | st.text(alphabet="aZz09_ .\n\u212a\u0130\u017f\u00df\ud800"))
def test_letters_are_those_of_the_regular_expression(text: str) -> None:
    assert letters(text) == re.findall(r"[a-z]{2,}", text.lower())


@given(st.text() | st.text(alphabet="aZ09_ .\n\u0130\u00df\u0416\u03a3\u0301\u0967\ud800"))
def test_words_are_those_of_the_regular_expression(text: str) -> None:
    found = [token.decode() for token in tokenizer(TokenKind.WORDS)(text) if is_term(token)]
    assert found == re.findall(r"\w\w+", text.lower())


@given(st.text(alphabet="ab .", max_size=80), st.integers(1, 20))
def test_long_text_is_cut_into_pieces_between_tokens(text: str, piece: int) -> None:
    whole = letters(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "_PIECE", piece)
        assert letters(text) == whole


@given(st.text(alphabet="ab \u00e9\u03a3.'", max_size=80), st.integers(1, 20))
def test_long_text_of_any_script_is_cut_into_pieces_between_words(text: str, piece: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "_PIECE", piece)
        found = [token.decode() for token in tokenizer(TokenKind.WORDS)(text) if is_term(token)]
    assert found == re.findall(r"\w\w+", text.lower())


def test_tokens_of_a_long_text_are_never_all_there_at_once() -> None:
    text = "ab " * 300_000
    tracemalloc.start()
    try:
        assert sum(1 for _ in tokenizer(TokenKind.LETTERS)(text)) == 300_000
        assert tracemalloc.get_traced_memory()[1] < 10 * len(text)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The x-ray's A1 result", ["the", "ray", "result"]),
        ("tabs\tand\nnew\u2028lines\x00nul", ["tabs", "and", "new", "lines", "nul"]),
        ("caf\u00e9 \u212aelvin", ["caf", "kelvin"]),
        ("\ud800lone \U0001f600 surrogate", ["lone", "surrogate"]),
        ("\u041f\u0440\u0438\u0432\u0435\u0442", []),
        ("", []),
    ],
)
def test_letters_by_example(text: str, expected: list[str]) -> None:
    assert letters(text) == expected
