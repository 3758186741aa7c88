"""Tokens as 64-bit numbers, many texts at a time, in a dozen passes of numpy: no Python object is made for a token."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .tokens import Spacer, pieces

RUN_BYTES = 2**16
"""Bytes of text that are looked at together, so that what is made of them stays in the processor's cache."""

PADDING = b" " * 8
"""Behind the last token, so that eight bytes can be read from any byte of one."""

_LONG = 256
"""Bytes; a longer token goes through a digest instead of being read by eights."""

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
"""2**64 over the golden ratio: multiplying by it is one to one, and moves every bit into the upper ones."""
_HALF = np.uint64(32)
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(9)], "<u8")
"""Which bits of eight bytes belong to a token of that size."""


@dataclass(frozen=True, slots=True)
class Run:
    """The tokens of some texts that follow each other, or of a piece of a long one."""

    spaced: bytes
    starts: NDArray[np.intp]
    """Shape (n_tokens,): where each token begins in `spaced`."""
    ends: NDArray[np.intp]
    hashes: NDArray[np.uint64]
    texts: NDArray[np.intp]
    """Shape (n_tokens,): the number of each token's text."""


def token_runs(texts: Iterable[str], space: Spacer) -> Iterator[Run]:
    """Yield the tokens of texts, which are numbered from 0, in order."""
    together: list[bytes] = []
    first = size = 0
    for number, text in enumerate(texts):
        spaced = space(text)
        if size + len(spaced) > RUN_BYTES:
            if together:
                yield _run(together, first)
            together, first, size = [], number, 0
        if len(spaced) > RUN_BYTES:
            yield from (_run([piece], number) for piece in pieces(spaced))
            first = number + 1
        else:
            together.append(spaced)
            size += len(spaced) + 1
    if together:
        yield _run(together, first)


def _run(together: Sequence[bytes], first: int) -> Run:
    spaced = b" " + b" ".join(together) + PADDING
    starts, ends = find_tokens(spaced)
    text_ends = np.cumsum([len(text) + 1 for text in together])
    counts = np.diff(starts.searchsorted(text_ends, side="right"), prepend=0)
    texts = np.repeat(np.arange(first, first + len(together)), counts)
    return Run(spaced, starts, ends, hash_tokens(spaced, starts, ends), texts)


def find_tokens(spaced: bytes) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where tokens begin and end in bytes that begin and end with a space."""
    inside = np.frombuffer(spaced, np.uint8) != ord(" ")
    edges = (inside[1:] != inside[:-1]).nonzero()[0]
    edges += 1
    return edges[0::2], edges[1::2]


def hash_tokens(spaced: bytes, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.uint64]:
    """Hash tokens that `PADDING` follows. Up to eight bytes no two tokens have the same hash; of longer ones, any two
    have it with a probability of 2**-64.
    """
    eights = np.ndarray(len(spaced) - 7, "<u8", spaced, strides=(1,))
    lengths = ends - starts
    hashes: NDArray[np.uint64] = eights.take(starts) & _MASKS.take(lengths, mode="clip")
    hashes *= _FACTOR
    more = (lengths > 8).nonzero()[0]
    position = 8
    while len(more) and position < _LONG:
        left = lengths[more] - position
        part = eights.take(starts[more] + position) & _MASKS.take(left, mode="clip")
        hashes[more] = (hashes[more] ^ (hashes[more] >> _HALF) ^ part) * _FACTOR
        more, position = more[left > 8], position + 8
    for token in more.tolist():
        digest = hashlib.blake2b(spaced[starts[token] : ends[token]], digest_size=8).digest()
        hashes[token] = int.from_bytes(digest, "little")
    return hashes
