"""Text to tokens, the one way for training and serving alike.

Almost every text is pure ASCII, and for those one byte table lower-cases and cuts at once, at the speed of
`bytes.translate` and `bytes.split`. The other texts take the exact Unicode way and end in the same tokens.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from enum import StrEnum

Tokenizer = Callable[[str], list[bytes]]
"""Cuts one text into its tokens, in order, each as UTF-8. Tokens that no vocabulary holds may be among them."""


class TokenKind(StrEnum):
    """What counts as a token."""

    LETTERS = "letters"
    """Two or more of the letters a to z after lower-casing: `(?:[a-z]{2,})` on `text.lower()`."""


def _table(kept: str) -> bytes:
    """Return a byte table that lower-cases the ASCII characters in `kept` and turns all others into spaces."""
    return bytes(ord(chr(code).lower()) if chr(code) in kept else ord(" ") for code in range(256))


_LETTERS = _table(string.ascii_letters)


def _letters(text: str) -> list[bytes]:
    # str.lower() turns a few other letters into ASCII ones (the Kelvin sign is one), so it comes before the table.
    ascii_text = text.encode() if text.isascii() else text.lower().encode("ascii", "replace")
    return ascii_text.translate(_LETTERS).split()


_TOKENIZERS: dict[TokenKind, Tokenizer] = {TokenKind.LETTERS: _letters}


def tokenizer(kind: TokenKind) -> Tokenizer:
    """Return the function that cuts texts into tokens of a kind.

    Single letters come out too: leaving them to the vocabulary, which holds none, is faster than looking at each.
    """
    return _TOKENIZERS[kind]


def is_term(kind: TokenKind, token: bytes) -> bool:
    """Say whether a token that `tokenizer(kind)` gave may become a term of the vocabulary."""
    return len(token) > 1
