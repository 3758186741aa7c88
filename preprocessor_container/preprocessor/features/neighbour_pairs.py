"""Pairs of neighbouring words as terms of their own: "how many" tells more than "how" and "many".

A pair is found by a hash that is made of its two words' hashes, in the same way for the vocabulary and for a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .subject_terms import PREFIX

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_OF_SUBJECT = np.uint64(int.from_bytes(PREFIX, "little"))
_SUBJECT_BEGINS = b" " + PREFIX
_FIRST_BYTES = np.uint64((1 << 8 * len(PREFIX)) - 1)


def is_pair(term: bytes) -> bool:
    """Say whether a term of a vocabulary is a pair of words; a subject's pairs are terms of another kind."""
    return b" " in term and joins(term)


def joins(token: bytes) -> bool:
    """Say whether a token may stand in a pair: those of one byte are as if they were not there, and a subject's terms
    stand behind the text and have no neighbours.
    """
    return len(token) > 1 and not token.startswith(PREFIX)


def pairs_of(tokens: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pairs of a text's tokens, as terms."""
    return (first + b" " + second for first, second in pairwise(filter(joins, tokens)))


def hash_pairs(firsts: NDArray[np.uint64], seconds: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the hashes of pairs, made of their words'; which word comes first makes a difference."""
    hashes: NDArray[np.uint64] = firsts ^ (firsts >> _HALF)
    hashes *= _FACTOR
    hashes ^= seconds
    hashes ^= hashes >> _HALF
    hashes *= _FACTOR
    return hashes


def words_of_one(spaced: bytes, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return `words_of` of the bytes of one text, in a fraction of its time: a subject's terms are all behind it."""
    words: NDArray[np.intp] = (ends - starts > 1).nonzero()[0]
    behind = spaced.find(_SUBJECT_BEGINS)
    return words if behind < 0 else words[: words.searchsorted(starts.searchsorted(behind))]


def words_of(spaced: bytes, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return which tokens may stand in a pair, as `joins` says it of one; eight bytes follow the last token."""
    eights = np.ndarray(len(spaced) - 7, "<u8", spaced, strides=(1,))
    of_subject = (eights.take(starts) & _FIRST_BYTES) == _OF_SUBJECT
    found: NDArray[np.intp] = ((ends - starts > 1) & ~of_subject).nonzero()[0]
    return found
