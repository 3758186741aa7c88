"""Counts of parts, merged, are those of the whole, and a vectorizer learns from them what it learns from the texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from preprocessor_container.preprocessor.features.packed_words import PackedWords
from preprocessor_container.preprocessor.features.term_counts import COLUMNS, TermCounts, kept_terms, named
from preprocessor_container.preprocessor.features.text_vectorizer import TextVectorizer

CHANCE = np.random.default_rng(3)
WORDS = [f"{first}{second}{'o' * length}" for length in range(1, 12) for first in "abcdé" for second in "xyz"]
SHARES = 1 / np.arange(1, len(WORDS) + 1)


def _text(number: int) -> str:
    words = CHANCE.choice(WORDS, CHANCE.integers(0, 40), p=SHARES / SHARES.sum()).tolist()
    subject = f"Subject: Re: {' '.join(words[:3])}\n\n" if number % 3 == 0 else ""
    return subject + " ".join(words)


TEXTS = [_text(number) for number in range(400)] + ["", "the the", "long " * 30_000]
CATEGORIES = CHANCE.choice(["tree", "bush", "moss"], len(TEXTS)).tolist()
PARTS = [0, 1, 90, 90, 300, len(TEXTS)]
SETTINGS: dict[str, dict[str, Any]] = {
    "seed": {},
    "capped": {"max_features": 25},
    "pairs": {"tokens": "words", "pair_weight": 0.5, "least_pair_texts": 3},
    "capped in the words": {"tokens": "words", "pair_weight": 0.5, "max_features": 20},
    "capped in the pairs": {"tokens": "words", "pair_weight": 0.5, "max_features": 300, "idf": "plain"},
    "capped by category": {"tokens": "words", "pair_weight": 0.5, "max_features": 500, "category_floor": 0.1},
    "subjects": {"subject_weight": 2.0, "pair_weight": 1.0, "idf": "plain", "keep_stop_words": True},
    "categories": {"category_floor": 0.0},
}


def counted(vectorizer: TextVectorizer, texts: Sequence[str], categories: Sequence[str]) -> TermCounts:
    by_category = None if vectorizer.category_floor is None else categories
    return TermCounts.of_texts(texts, by_category, vectorizer.rule())


def in_parts(vectorizer: TextVectorizer) -> list[TermCounts]:
    return [counted(vectorizer, TEXTS[start:end], CATEGORIES[start:end]) for start, end in pairwise(PARTS)]


def same(one: TermCounts, other: TermCounts) -> bool:
    arrays = [(getattr(one, name), getattr(other, name)) for name in (*COLUMNS, "category_texts")]
    arrays += [(getattr(one.words, name), getattr(other.words, name)) for name in ("hashes", "ends", "letters")]
    return one.category_names == other.category_names and all(np.array_equal(*pair) for pair in arrays)


def by_ranges(counts: TermCounts) -> Iterator[TermCounts]:
    """Cut a table into terms of the same upper bits of their keys; texts and words are those of the first."""
    upper: NDArray[np.uint64] = counts.keys >> np.uint64(60)
    for number in range(16):
        part = counts.rows(upper == number)
        yield part if number == 0 else replace(part, category_texts=part.category_texts * 0)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_merged_counts_are_those_of_the_whole(settings: dict[str, Any]) -> None:
    vectorizer = TextVectorizer(stop_words=["the", "axo"], **settings)
    whole = counted(vectorizer, TEXTS, CATEGORIES)
    assert same(TermCounts.merged(in_parts(vectorizer)), whole)
    assert same(TermCounts.merged([TermCounts.none(), *in_parts(vectorizer)[::-1]]), whole)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_a_vectorizer_learns_from_counts_what_it_learns_from_texts(settings: dict[str, Any]) -> None:
    vectorizer = TextVectorizer(stop_words=["the", "axo"], **settings)
    expected = TextVectorizer(stop_words=["the", "axo"], **settings).fit(TEXTS, CATEGORIES)
    counts = TermCounts.merged(in_parts(vectorizer))
    for parts in ([counts], by_ranges(counts)):
        vectorizer.fit_frequencies(*named(kept_terms(parts, vectorizer.rule()).counts))
        assert list(vectorizer.vocabulary_.items()) == list(expected.vocabulary_.items())
        assert np.array_equal(vectorizer.term_weights_, expected.term_weights_)


def test_document_frequencies_are_those_of_the_rows() -> None:
    vectorizer = TextVectorizer(tokens="words", pair_weight=1.0)
    rows = vectorizer.count(TEXTS)
    names, frequencies = named(kept_terms([counted(vectorizer, TEXTS, CATEGORIES)], vectorizer.rule()).counts)
    assert len(names) == rows.n_features
    assert np.array_equal(frequencies.totals, np.bincount(rows.indices, minlength=rows.n_features))
    assert frequencies.n_texts == len(TEXTS)


def test_what_was_left_out_is_told() -> None:
    texts = ["oak elm", "oak elm", "oak ash", "ash fir"]
    vectorizer = TextVectorizer(pair_weight=1.0, max_features=3)
    kept = kept_terms([counted(vectorizer, texts, [])], vectorizer.rule())
    assert (kept.n_found, kept.n_rare_pairs, kept.n_capped, kept.least_texts) == (7, 2, 2, 2)


def test_without_a_term_there_is_nothing_to_learn() -> None:
    vectorizer = TextVectorizer(stop_words=["the"])
    kept = kept_terms([counted(vectorizer, ["the", "."], [])], vectorizer.rule())
    with pytest.raises(ValueError, match="no terms are left"):
        vectorizer.fit_frequencies(*named(kept.counts))


def test_packed_words_are_found_by_their_hashes() -> None:
    words = [word.encode() for word in WORDS]
    packed = PackedWords.merged([PackedWords.of(words[:70]), PackedWords.of(words[50:]), PackedWords.of([])])
    assert sorted(packed.names()) == sorted(words)
    some = packed.among(PackedWords.of(words[:5]).hashes)
    assert sorted(some.names()) == sorted(words[:5])
