"""The terms that a subject's words become, beside those of the text: a title tells more than its share of words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

PREFIX = b"s:"
"""What a subject's terms begin with: no token holds a colon, so they meet no other term."""


def subject_terms(tokens: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the terms of a subject's tokens: each word, and each pair of neighbouring words, behind `PREFIX`."""
    words = [token for token in tokens if len(token) > 1]
    for word in words:
        yield PREFIX + word
    for first, second in pairwise(words):
        yield PREFIX + first + b" " + second
