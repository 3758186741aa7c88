"""Text to tokens, the one way for training and serving alike.

Almost every text is pure ASCII, and for those one byte table lower-cases and cuts at once, at the speed of
`bytes.translate` and `bytes.split`. The other texts take the exact Unicode way and end in the same tokens.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from itertools import chain

from subject_terms import subject_terms
from text_parts import subject_of

Tokenizer = Callable[[str], Iterable[bytes]]
"""Cuts one text into its tokens, in order, each as UTF-8. Tokens that no vocabulary holds may be among them."""

_PIECE = 2**20
"""Bytes; a token costs up to thirty bytes of memory per byte of text, so a long text's tokens are never all there at
once.
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
_WORD = re.compile(r"\w\w+")


def _letters(text: str) -> Iterable[bytes]:
    # str.lower() turns a few other letters into ASCII ones (the Kelvin sign is one), so it comes before the table.
    ascii_text = text.encode() if text.isascii() else text.lower().encode("ascii", "replace")
    return _split(ascii_text.translate(_LETTERS))


def _words(text: str) -> Iterable[bytes]:
    if text.isascii():
        return _split(text.encode().translate(_WORDS))
    return (word.group().encode() for word in _WORD.finditer(text.lower()))


def _split(text: bytes) -> Iterable[bytes]:
    """Split at spaces; piece by piece where the text is long."""
    return text.split() if len(text) <= _PIECE else chain.from_iterable(map(bytes.split, _pieces(text)))


def _pieces(text: bytes) -> Iterator[bytes]:
    """Cut a text at spaces into pieces of about `_PIECE` bytes."""
    start = 0
    while start < len(text):
        end = text.find(b" ", start + _PIECE)
        end = len(text) if end < 0 else end
        yield text[start:end]
        start = end


_TOKENIZERS: dict[TokenKind, Tokenizer] = {TokenKind.LETTERS: _letters, TokenKind.WORDS: _words}


def tokenizer(kind: TokenKind, subject: bool = False) -> Tokenizer:
    """Return the function that cuts texts into tokens of a kind; with `subject` those of the subject come behind them
    once more, as `subject_terms` makes them.

    Single ASCII characters come out too: leaving them to the vocabulary, which holds none, is faster than looking at
    each.
    """
    words = _TOKENIZERS[kind]
    if not subject:
        return words

    def words_and_subject(text: str) -> Iterable[bytes]:
        found = subject_of(text)
        return words(text) if found is None else chain(words(text), subject_terms(words(found)))

    return words_and_subject


def is_term(token: bytes) -> bool:
    """Say whether a token that a tokenizer gave may become a term of the vocabulary."""
    return len(token) > 1
