"""20 Newsgroups as each profile takes it: what is learnt from, and what is asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pipeline import profiles
from pipeline.data import newsgroups
from pipeline.data.stop_words import english


@dataclass(frozen=True, slots=True)
class Corpus:
    """Texts with their categories, both splits, and the stop words."""

    train: list[str]
    train_categories: list[str]
    test: list[str]
    test_categories: list[str]
    stop_words: list[str]


@cache
def corpus(profile: str) -> Corpus:
    """Return 20 Newsgroups by date in the form that a profile asks for."""
    data = newsgroups.load(profiles.load(profile).newsgroups)
    return Corpus(
        [record.text for record in data.train],
        [record.category for record in data.train],
        [record.text for record in data.test],
        [record.category for record in data.test],
        english().words,
    )
