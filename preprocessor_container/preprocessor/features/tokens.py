"""Text to tokens, by the same code for training and serving: first to bytes with the tokens between spaces.

Almost every text is pure ASCII, and for those one byte table lower-cases and cuts at once, at the speed of
`bytes.translate`. The other texts are cut by exact Unicode rules, into the same tokens.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from itertools import chain

from .neighbour_pairs import pairs_of
from .subject_terms import subject_terms
from .text_parts import subject_of

Spacer = Callable[[str], bytes]
"""Returns a text's tokens in order, as UTF-8, with spaces between; a space within a token is written as `GLUE`."""

Tokenizer = Callable[[str], Iterable[bytes]]
"""Cuts one text into its tokens, in order, each as UTF-8. Tokens that no vocabulary holds may be among them."""

GLUE = b"\x1f"

_PIECE = 2**16
"""Bytes that are looked at together: a token costs far more memory than its own bytes, so a long text's are never all
there at once.
"""


class TokenKind(StrEnum):
    """What counts as a token."""

    LETTERS = "letters"
    """Two or more of the letters a to z after lower-casing: `(?:[a-z]{2,})` on `text.lower()`."""

    WORDS = "words"
    """Two or more letters of any script, digits and underscores after lower-casing: `\\w\\w+` on `text.lower()`."""


def _table(kept: str) -> bytes:
    """Return a byte table that lower-cases the ASCII characters in `kept` and turns all others into spaces."""
    return bytes(ord(chr(code).lower()) if chr(code) in kept else ord(" ") for code in range(256))


_LETTERS = _table(string.ascii_letters)
_WORDS = _table(string.ascii_letters + string.digits + "_")
_GAP = re.compile(r"\W")
_NO_WORD = re.compile(r"(?:\W|\b\w\b)+")


def _letters(text: str) -> bytes:
    # str.lower() turns a few other letters into ASCII ones (the Kelvin sign is one), so it comes before the table.
    ascii_text = text.encode() if text.isascii() else text.lower().encode("ascii", "replace")
    return ascii_text.translate(_LETTERS)


def _words(text: str) -> bytes:
    if text.isascii():
        return text.encode().translate(_WORDS)
    return b" ".join(_NO_WORD.sub(" ", part).encode() for part in _parts(text.lower()))


def _parts(text: str) -> Iterator[str]:
    """Cut a text between words, so that what a regular expression takes is bounded."""
    start = 0
    while start < len(text):
        gap = _GAP.search(text, start + _PIECE)
        end = gap.start() if gap else len(text)
        yield text[start:end]
        start = end


_SPACERS: dict[TokenKind, Spacer] = {TokenKind.LETTERS: _letters, TokenKind.WORDS: _words}


def spacer(kind: TokenKind, subject: bool = False) -> Spacer:
    """Return the function that finds tokens of a kind in texts; with `subject` those of the subject come behind them
    once more, as `subject_terms` makes them.

    Single ASCII characters come out too: leaving them to the vocabulary, which holds none, is faster than looking at
    each.
    """
    words = _SPACERS[kind]
    if not subject:
        return words

    def words_and_subject(text: str) -> bytes:
        found = subject_of(text)
        if found is None:
            return words(text)
        return b" ".join((words(text), *map(glued, subject_terms(words(found).split()))))

    return words_and_subject


def glued(token: bytes) -> bytes:
    """Write a token as spacers do."""
    return token.replace(b" ", GLUE)


def tokenizer(kind: TokenKind, subject: bool = False, pairs: bool = False) -> Tokenizer:
    """Return the function that cuts texts into the tokens that `spacer` finds; with `pairs`, pairs of them come
    too.
    """
    space = spacer(kind, subject)
    split = _tokens_and_pairs if pairs else bytes.split

    def tokens(text: str) -> Iterator[bytes]:
        found = chain.from_iterable(map(split, pieces(space(text))))
        return (token.replace(GLUE, b" ") for token in found) if subject else found

    return tokens


def _tokens_and_pairs(spaced: bytes) -> list[bytes]:
    tokens = spaced.split()
    return [*tokens, *pairs_of(tokens)]


def pieces(spaced: bytes) -> Iterator[bytes]:
    """Cut a spacer's bytes at spaces into pieces of about `_PIECE` bytes; what is no longer than that is one piece."""
    start = 0
    while start < len(spaced):
        end = spaced.find(b" ", start + _PIECE)
        end = len(spaced) if end < 0 else end
        yield spaced[start:end]
        start = end


def is_term(token: bytes) -> bool:
    """Say whether a token that a tokenizer gave may become a term of the vocabulary."""
    return len(token) > 1
