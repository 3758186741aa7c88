"""Posts made by the law of words, each of one of 20 topics, a shard at a time; the same for a seed, on any machine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.scale.word_law import MEDIAN_LENGTH, draw_lengths, draw_ranks, repeat_within, word

N_TOPICS = 20
_TOPICAL = 0.27
"""The part of a post's words that belong to its topic."""
_FIRST_TOPICAL_RANK = 60
"""More frequent words belong to no topic."""
_WORDS_ON_A_LINE = 12


@dataclass(frozen=True, slots=True)
class Posts:
    """One shard's posts."""

    texts: list[str]
    topics: list[str]


def make_posts(n: int, seed: int, shard: int, words: int = MEDIAN_LENGTH) -> Posts:
    """Make a shard of `n` posts, half of which have more than so many words.

    A topical word is that of the topic's own remainder nearest to the rank that was drawn, so the law of words holds
    for the whole and each topic has its share of every part of the vocabulary.
    """
    random = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, shard])))
    topics = random.integers(0, N_TOPICS, n)
    lengths = draw_lengths(n, words, random)
    ranks = draw_ranks(int(lengths.sum()), random)
    topical = (random.random(len(ranks)) < _TOPICAL) & (ranks >= _FIRST_TOPICAL_RANK)
    of_topic = ranks - ranks % N_TOPICS + np.repeat(topics, lengths)
    ranks = np.where(topical, of_topic, ranks)[repeat_within(lengths, random)]
    return Posts(_texts(ranks, lengths), [f"topic-{topic:02d}" for topic in topics])


def _texts(ranks: NDArray[np.int64], lengths: NDArray[np.int64]) -> list[str]:
    distinct, places = np.unique(ranks, return_inverse=True)
    words = np.array([word(rank) for rank in distinct.tolist()], dtype=object)[places].tolist()
    ends = np.cumsum(lengths).tolist()
    return [_lines(words[end - length : end]) for end, length in zip(ends, lengths.tolist(), strict=True)]


def _lines(words: list[str]) -> str:
    starts = range(0, len(words), _WORDS_ON_A_LINE)
    return "\n".join(" ".join(words[start : start + _WORDS_ON_A_LINE]) for start in starts)
