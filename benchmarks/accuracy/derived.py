"""Data sets derived from 20 Newsgroups (and the sample corpus as it is), each the kind of data that a recipe made for
Usenet could fail on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import fetch_20newsgroups

from pipeline.data import sample
from pipeline.data.newsgroups import in_order_of_time, subject_of
from preprocessor_container.preprocessor.features.text_parts import header_end

RESAMPLES = 5
LATIN_LETTERS = "Latin letters, half the posts"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
# Each letter has one upper-case and one lower-case form; so no sigma, which has two of these.
CYRILLIC = str.maketrans(_LETTERS + _LETTERS.upper(), "абвгдежзийклмнопрстуфхцчшщ" + "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩ")
GREEK = str.maketrans(_LETTERS + _LETTERS.upper(), "αβγδεζηθικλμνξοπρτυφχψωάέή" + "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΤΥΦΧΨΩΆΈΉ")
OTHER_LETTERS = {"Cyrillic letters": CYRILLIC, "Greek letters": GREEK}
_STRUCTURE = re.compile(r"writes in|writes:|wrote:|says:|said:|^In article|^Quoted from", re.MULTILINE)
_WORD = re.compile(r"\w+")
_FIELD = re.compile(r"^(?:[!-9;-~]+:(?:\s*re:)*)?", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts with their categories."""

    texts: list[str]
    categories: list[str]

    def at(self, positions: NDArray[Any]) -> Texts:
        return Texts([self.texts[i] for i in positions], [self.categories[i] for i in positions])

    def changed(self, change: Callable[[str], str]) -> Texts:
        return replace(self, texts=[change(text) for text in self.texts])


@dataclass(frozen=True, slots=True)
class DataSet:
    """One resample: what is learnt from, what is asked, and the stop words of its language."""

    name: str
    resample: int
    train: Texts
    test: Texts
    stop_words: list[str]


def newsgroups(subset: str, remove: tuple[str, ...] = ()) -> Texts:
    """Return a split of 20 Newsgroups in the order of time, from scikit-learn's cache."""
    bunch = fetch_20newsgroups(subset=subset, shuffle=False, remove=remove)
    return Texts(bunch.data, [bunch.target_names[label] for label in bunch.target]).at(in_order_of_time(bunch))


def data_sets(stop_words: list[str]) -> Iterator[DataSet]:
    """Yield every derived data set in each resample, always the same ones."""
    train, test = newsgroups("train"), newsgroups("test")
    yield from _part("subject lines", train.changed(subject_of), test.changed(subject_of), 0.8, stop_words)
    for resample in range(RESAMPLES):
        yield _zipf(train, test, resample, stop_words)
    train, test = without_structure_words(train, test)
    yield from _part(LATIN_LETTERS, train, test, 0.5, stop_words)
    for name, table in OTHER_LETTERS.items():
        mapped = [word.translate(table) for word in stop_words]
        yield from _part(name, letters(train, table), letters(test, table), 0.5, [*stop_words, *mapped])
    corpus = sample.load()
    splits = [Texts([one.text for one in part], [one.category for one in part]) for part in (corpus.train, corpus.test)]
    yield from _part("sample corpus", splits[0], splits[1], 0.8, stop_words)


def _part(name: str, train: Texts, test: Texts, share: float, stop_words: list[str]) -> Iterator[DataSet]:
    """Yield resamples that learn from a share of the train split, drawn anew, and are asked all of the test split."""
    for resample in range(RESAMPLES):
        chance = np.random.default_rng(resample)
        chosen = np.sort(chance.permutation(len(train.texts))[: int(share * len(train.texts))])
        yield DataSet(name, resample, train.at(chosen), test, stop_words)


def _zipf(train: Texts, test: Texts, resample: int, stop_words: list[str]) -> DataSet:
    """Keep 1/r of the posts of the r-th category, the categories in an order drawn anew."""
    chance = np.random.default_rng(resample)
    ranks = {name: rank for rank, name in enumerate(chance.permutation(sorted(set(train.categories))), 1)}

    def thinned(texts: Texts) -> Texts:
        drawn = chance.random(len(texts.texts))
        return texts.at(np.flatnonzero(drawn * [ranks[name] for name in texts.categories] < 1))

    return DataSet("Zipf-distributed categories", resample, thinned(train), thinned(test), stop_words)


def letters(texts: Texts, table: dict[int, int]) -> Texts:
    """Write texts in other letters, one for one; names of header fields and what marks quotes stay as they are."""
    return texts.changed(lambda text: in_letters(text, table))


def in_letters(text: str, table: dict[int, int]) -> str:
    return "".join(part if is_structure else part.translate(table) for is_structure, part in _parts(text))


def without_structure_words(*splits: Texts) -> list[Texts]:
    """Take the words that name header fields or mark quotes out of everything else, where they would be the same term
    in Latin letters and another one in other letters.
    """
    words = {
        word.lower()
        for split in splits
        for text in split.texts
        for is_structure, part in _parts(text)
        if is_structure
        for word in _WORD.findall(part)
    }

    def without(text: str) -> str:
        return "".join(
            part if is_structure else _WORD.sub(lambda found: "" if found[0].lower() in words else found[0], part)
            for is_structure, part in _parts(text)
        )

    return [split.changed(without) for split in splits]


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """Cut a text into what is its structure (names of header fields, marks of quotes), and the rest."""
    end = header_end(text)
    for line in text[:end].splitlines(keepends=True):
        yield from _cut(_FIELD, line)
    yield from _cut(_STRUCTURE, text[end:])


def _cut(structure: re.Pattern[str], text: str) -> Iterator[tuple[bool, str]]:
    start = 0
    for found in structure.finditer(text):
        yield False, text[start : found.start()]
        yield True, found[0]
        start = found.end()
    yield False, text[start:]
