"""How often words occur, and how a vocabulary grows: a law without a last word, so that both hold at any size.

Ranks are drawn from a density that falls as (x + q)^-a up to a knee and as a power b from there on: Zipf's law in
Mandelbrot's form [1]_ with the steeper tail that large corpora have [2]_. Independent draws from a tail of power b grow
a vocabulary as n^(1/b), which is Heaps' law [3]_. A part of a post's words repeats earlier ones of the same post, as
writers do; without that, posts would have too many different words.

The constants are fitted to the train split of 20 Newsgroups (3,216,937 tokens `[a-z]{2,}`, 89,012 of them different):
the frequency of 60 ranks and the vocabulary after 10^4 to 3.2 million tokens, which the law meets within 6%.

References
----------
.. [1] Mandelbrot, "An informational theory of the statistical structure of language", 1953.
.. [2] Ferrer i Cancho and Solé, "Two regimes in the frequency of words and the origins of complex lexicons", 2001.
.. [3] van Leijenhorst and van der Weide, "A formal derivation of Heaps' Law", Information Sciences 170, 2005.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_HEAD_POWER, _SHIFT, _KNEE, _TAIL_POWER = 1.0246847, 1.3406186, 5958.431, 1.8166281
REPEATED = 0.25
"""The part of a post's words that repeat earlier ones."""
MEDIAN_LENGTH, MEAN_LENGTH = 181, 285
"""Words of a post; 20 Newsgroups have 171 and 284."""
_LOG_LENGTH_DEVIATION = 0.95
_LONGEST = 12_000

_CONSONANTS, _VOWELS = "bdfghjklmnprst", "aeiou"
_SYLLABLES = tuple(consonant + vowel for consonant in _CONSONANTS for vowel in _VOWELS)


def _head(x: NDArray[np.float64] | float) -> NDArray[np.float64] | float:
    """Integrate the head's density, not yet scaled, from 1 to x."""
    power = 1 - _HEAD_POWER
    return ((x + _SHIFT) ** power - (1 + _SHIFT) ** power) / power


_HEAD_MASS = float(_head(_KNEE))
_TAIL_MASS = (_KNEE + _SHIFT) ** -_HEAD_POWER * _KNEE / (_TAIL_POWER - 1)


def draw_ranks(n: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Draw words by their ranks, independently, by inverting the law's distribution function.

    Returns
    -------
    ndarray of shape (n,), int64
        From 1, the most frequent word, without an end.
    """
    mass = random.random(n) * (_HEAD_MASS + _TAIL_MASS)
    power = 1 - _HEAD_POWER
    in_head = np.minimum(mass, _HEAD_MASS)
    head = (in_head * power + (1 + _SHIFT) ** power) ** (1 / power) - _SHIFT
    left = np.maximum(_HEAD_MASS + _TAIL_MASS - np.maximum(mass, _HEAD_MASS), np.finfo(float).tiny)
    tail = _KNEE * np.minimum((left / _TAIL_MASS) ** (1 / (1 - _TAIL_POWER)), 1e12)
    return np.where(mass < _HEAD_MASS, head, tail).astype(np.int64)


def different_words_among(n: float) -> float:
    """Return how many different words are expected among so many independent draws."""
    edges = np.concatenate([np.arange(1.0, 10_000), np.geomspace(10_000, 1e12, 20_000)])
    ranks = np.diff(edges)
    each = -np.diff(_beyond(edges)) / ranks
    return float(np.sum(ranks * -np.expm1(-n * each)))


def _beyond(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability of a rank of `x` or beyond."""
    tail = _TAIL_MASS * (np.maximum(x, _KNEE) / _KNEE) ** (1 - _TAIL_POWER)
    beyond: NDArray[np.float64] = np.where(x < _KNEE, _HEAD_MASS - _head(np.minimum(x, _KNEE)) + _TAIL_MASS, tail)
    return beyond / (_HEAD_MASS + _TAIL_MASS)


def draw_lengths(n: int, median: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Draw how many words posts have: log-normal, at most 12,001."""
    lengths = np.exp(random.normal(np.log(median), _LOG_LENGTH_DEVIATION, n))
    return np.minimum(lengths, _LONGEST).astype(np.int64) + 1


def repeat_within(lengths: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
    """Choose for each word of posts of these lengths where it comes from: its own place, or an earlier one's.

    Returns
    -------
    ndarray of shape (lengths.sum(),), int64
        Positions; each is of the same post as its own.
    """
    own = np.arange(lengths.sum())
    first = np.repeat(np.cumsum(lengths) - lengths, lengths)
    earlier = first + (random.random(len(own)) * (own - first)).astype(np.int64)
    source = np.where((random.random(len(own)) < REPEATED) & (own > first), earlier, own)
    while (source[source] != source).any():  # a repeated word may be one itself
        source = source[source]
    return source


def word(rank: int) -> str:
    """Spell the word of a rank, from 1: frequent ones are short, and no two are alike."""
    syllables: list[str] = []
    while rank > 0:
        rank, digit = divmod(rank - 1, len(_SYLLABLES))
        syllables.append(_SYLLABLES[digit])
    return "".join(syllables)
