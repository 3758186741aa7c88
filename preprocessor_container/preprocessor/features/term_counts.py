"""In how many texts of each category each term stands: sums over the parts of a corpus.

They are whole numbers, so the sums of any parts, merged in any order, are those of the whole. In numpy alone: what
counts may be a process, or another machine, that has no scikit-learn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .distinct_tokens import PackedTokens, pack_tokens
from .neighbour_pairs import hash_pairs
from .packed_words import PackedWords
from .subject_terms import PREFIX
from .term_numbering import TermRule, neighbours
from .term_weighting import DocumentFrequencies

_NO_WORD = np.uint64(0)
"""The second word of what is no pair; no word of up to eight bytes has this hash, nor, by all chance, a longer one."""


@dataclass(frozen=True, slots=True)
class TermCounts:
    """Rows of a table: a term, a category, and how many texts of the category hold the term, if any. They ascend by
    `keys`, then by category.
    """

    firsts: NDArray[np.uint64]
    """Shape (n_rows,): the hash of the term's only or first word."""
    seconds: NDArray[np.uint64]
    """Shape (n_rows,): the hash of a pair's second word, 0 where there is none."""
    categories: NDArray[np.int32]
    """Shape (n_rows,): places in `category_names`."""
    texts: NDArray[np.int64]
    """Shape (n_rows,): document frequencies."""
    words: PackedWords
    """The single words among the terms; pairs are made of them."""
    category_names: tuple[str, ...]
    """In order. One empty name where categories make no difference."""
    category_texts: NDArray[np.int64]
    """Shape (n_categories,): how many texts there are of each."""

    @classmethod
    def of_texts(cls, texts: Sequence[str], categories: Sequence[str] | None, rule: TermRule) -> TermCounts:
        """Count the terms of texts: words, and pairs where the rule asks for them, however rare.

        Parameters
        ----------
        texts : sequence of str
        categories : sequence of str, or None
            Each text's category, where document frequencies are needed by category.
        rule : TermRule
            Its `most` and `least_pair_texts` are for the whole corpus, and `kept_terms` goes by them.
        """
        found = pack_tokens(texts, rule.recipe.spacer())
        names, numbers = np.unique([""] * len(texts) if categories is None else categories, return_inverse=True)
        wanted = rule.wanted_words(found.distinct)
        tables = [_single_rows(found, wanted, numbers)]
        if rule.recipe.pairs:
            tables.append(_pair_rows(found, wanted, numbers))
        firsts, seconds, of_category, counts = (np.concatenate(parts) for parts in zip(*tables, strict=True))
        sizes = np.bincount(numbers, minlength=len(names)).astype(np.int64)
        words = found.distinct.take(np.flatnonzero(wanted))
        return _by_keys(cls(firsts, seconds, of_category, counts, words, tuple(names.tolist()), sizes))

    @classmethod
    def none(cls) -> TermCounts:
        """Return the counts of no text."""
        hashes, whole = np.empty(0, np.uint64), np.empty(0, np.int64)
        words = PackedWords(hashes, whole, np.empty(0, np.uint8))
        return cls(hashes, hashes, np.empty(0, np.int32), whole, words, (), whole)

    @classmethod
    def merged(cls, parts: Sequence[TermCounts]) -> TermCounts:
        """Return the counts of the texts of all parts."""
        if not parts:
            return cls.none()
        names = tuple(sorted({name for part in parts for name in part.category_names}))
        parts = [part.renumbered(names) for part in parts]
        together = cls(
            np.concatenate([part.firsts for part in parts]),
            np.concatenate([part.seconds for part in parts]),
            np.concatenate([part.categories for part in parts]),
            np.concatenate([part.texts for part in parts]),
            PackedWords.merged([part.words for part in parts]),
            names,
            np.sum([part.category_texts for part in parts], axis=0),
        )
        return together._summed()

    @property
    def n_rows(self) -> int:
        return len(self.firsts)

    @property
    def n_texts(self) -> int:
        return int(self.category_texts.sum())

    @property
    def keys(self) -> NDArray[np.uint64]:
        """Return each row's term as one number: the hash by which serving finds it."""
        return np.where(self.seconds == _NO_WORD, self.firsts, hash_pairs(self.firsts, self.seconds))

    @property
    def starts(self) -> NDArray[np.intp]:
        """Return where the rows of each term begin."""
        return _changes(self.keys)

    def renumbered(self, names: tuple[str, ...]) -> TermCounts:
        """Return the same with more categories; all that are there must be among `names`, which are in order."""
        if names == self.category_names:
            return self
        place = {name: number for number, name in enumerate(names)}
        numbers = np.array([place[name] for name in self.category_names], np.int32)
        texts = np.zeros(len(names), np.int64)
        texts[numbers] = self.category_texts
        return replace(self, categories=numbers[self.categories], category_names=names, category_texts=texts)

    def rows(self, chosen: NDArray[Any] | slice) -> TermCounts:
        """Return some rows, with all words."""
        return replace(self, **{column: getattr(self, column)[chosen] for column in COLUMNS})

    def _summed(self) -> TermCounts:
        """Return the table in order, with one row for those that are alike."""
        order = np.argsort(self.keys, kind="stable")  # parts are in order, so this merges
        in_order = self.rows(order)
        term = np.zeros(self.n_rows, np.int64)
        term[in_order.starts[1:]] = 1
        places = np.cumsum(term) * max(len(self.category_names), 1) + in_order.categories
        order = np.argsort(places, kind="stable")
        starts = _changes(places[order])
        texts = np.add.reduceat(in_order.texts[order], starts) if len(starts) else in_order.texts
        return replace(in_order.rows(order[starts]), texts=texts)


COLUMNS = ("firsts", "seconds", "categories", "texts")
"""The arrays of a `TermCounts` that have an item for each row."""


def _changes(values: NDArray[Any]) -> NDArray[np.intp]:
    """Return where a value is another one than before, the first place included."""
    return np.flatnonzero(np.append(True, values[1:] != values[:-1])[: len(values)])


_Rows = tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.int32], NDArray[np.int64]]


def _single_rows(found: PackedTokens, wanted: NDArray[np.bool_], categories: NDArray[np.intp]) -> _Rows:
    """Return the rows of single words, in order."""
    here = wanted[found.numbers]
    words, categories, texts = _summed_places(found.numbers[here].astype(np.int64), found.texts[here], categories)
    hashes = found.distinct.hashes[words]
    return hashes, np.full_like(hashes, _NO_WORD), categories.astype(np.int32), texts


def _pair_rows(found: PackedTokens, wanted: NDArray[np.bool_], categories: NDArray[np.intp]) -> _Rows:
    """Return the rows of pairs of neighbouring words, those of a pair together."""
    distinct = found.distinct
    joinable = (distinct.lengths > 1) & ~distinct.begin_with(PREFIX)
    pairs, categories, texts = _summed_places(*neighbours(found, joinable, wanted), categories)
    firsts, seconds = np.divmod(pairs, max(len(distinct.hashes), 1))
    return distinct.hashes[firsts], distinct.hashes[seconds], categories.astype(np.int32), texts


def _summed_places(
    terms: NDArray[np.int64], texts: NDArray[np.intp], categories: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.intp], NDArray[np.int64]]:
    """Return terms and categories, ascending, and how many texts of the category hold the term, given the terms that
    stand in texts and the texts' categories.
    """
    n_texts, n_categories = max(len(categories), 1), int(categories.max(initial=0)) + 1
    places = terms * n_texts + texts
    places.sort()
    terms, texts = np.divmod(places[_changes(places)], n_texts)
    places = terms * n_categories + categories[texts]
    places.sort()
    starts = _changes(places)
    return *np.divmod(places[starts], n_categories), np.diff(starts, append=len(places))


def _by_keys(counts: TermCounts) -> TermCounts:
    """Put terms whose rows are together into the order of their keys."""
    starts = counts.starts
    order = np.argsort(counts.keys[starts])
    lengths = np.diff(starts, append=counts.n_rows)[order]
    before = np.cumsum(lengths) - lengths
    return counts.rows(np.repeat(starts[order] - before, lengths) + np.arange(counts.n_rows))


@dataclass(frozen=True, slots=True)
class KeptTerms:
    """The terms that a rule keeps of a corpus."""

    counts: TermCounts
    n_found: int
    """How many different terms there were, pairs in too few texts included."""
    n_rare_pairs: int
    """How many of them were pairs in too few texts."""
    n_capped: int
    """How many more were left out because there were more than the most."""
    least_texts: int
    """How many texts the rarest of the kept terms stands in."""


def kept_terms(parts: Iterable[TermCounts], rule: TermRule) -> KeptTerms:
    """Keep of a corpus the terms that `TextVectorizer` keeps of its texts; of equals, the same ones.

    Parameters
    ----------
    parts : iterable of TermCounts
        What the corpus is the sum of, each term with all its rows in one of them: so that no more than a part has to be
        in memory, besides what is kept. They may come without words.
    rule : TermRule
    """
    kept: list[TermCounts] = []
    n_found = n_frequent = n_held = 0
    for part in parts:
        often = _rows_of(part, _is_frequent(part, rule))
        n_found += len(part.starts)
        n_frequent += len(often.starts)
        n_held += len(often.starts)
        kept.append(often)
        if n_held > 2 * rule.most:
            kept = [_most_frequent(TermCounts.merged(kept), rule.most)]
            n_held = rule.most
    counts = _most_frequent(TermCounts.merged(kept), rule.most)
    counts = replace(counts, words=counts.words.among(used_words(counts)))
    totals = _totals(counts)
    return KeptTerms(counts, n_found, n_found - n_frequent, n_frequent - len(totals), int(totals.min(initial=2**62)))


def used_words(counts: TermCounts) -> NDArray[np.uint64]:
    """Return the hashes of the words that the terms are made of."""
    hashes: NDArray[np.uint64] = np.unique(np.concatenate([counts.firsts, counts.seconds]))
    return np.setdiff1d(hashes, [_NO_WORD], assume_unique=True)


def named(counts: TermCounts) -> tuple[list[bytes], DocumentFrequencies]:
    """Return the terms in the order of a vocabulary, and their document frequencies in the same."""
    starts = counts.starts
    words = counts.words.names()
    firsts = counts.words.places_of(counts.firsts[starts]).tolist()
    is_pair = counts.seconds[starts] != _NO_WORD
    seconds = iter(counts.words.places_of(counts.seconds[starts][is_pair]).tolist())
    names = [
        words[first] + b" " + words[next(seconds)] if is_two else words[first]
        for first, is_two in zip(firsts, is_pair.tolist(), strict=True)
    ]
    order = sorted(range(len(names)), key=names.__getitem__)
    column = np.empty(len(order), np.intp)
    column[order] = np.arange(len(order))
    by_category = np.argsort(counts.categories, kind="stable")
    frequencies = DocumentFrequencies(
        _totals(counts)[order],
        counts.category_texts,
        np.repeat(column, np.diff(starts, append=counts.n_rows))[by_category],
        counts.categories[by_category],
        counts.texts[by_category],
    )
    return [names[term] for term in order], frequencies


def _totals(counts: TermCounts) -> NDArray[np.int64]:
    """Return each term's document frequency."""
    starts = counts.starts
    return np.add.reduceat(counts.texts, starts) if len(starts) else np.empty(0, np.int64)


def _is_frequent(counts: TermCounts, rule: TermRule) -> NDArray[np.bool_]:
    is_single = counts.seconds[counts.starts] == _NO_WORD
    frequent: NDArray[np.bool_] = is_single | (_totals(counts) >= rule.least_pair_texts)
    return frequent


def _rows_of(counts: TermCounts, terms: NDArray[np.bool_]) -> TermCounts:
    """Return the rows of the chosen terms, given for each term."""
    return counts.rows(np.repeat(terms, np.diff(counts.starts, append=counts.n_rows)))


def _most_frequent(counts: TermCounts, most: int) -> TermCounts:
    """Return the terms in the most texts, words before pairs; of equals, those with the least hashes."""
    starts = counts.starts
    if len(starts) <= most:
        return counts
    firsts, seconds = counts.firsts[starts], counts.seconds[starts]
    order = np.lexsort((seconds, firsts, -_totals(counts), seconds != _NO_WORD))
    chosen = np.zeros(len(starts), np.bool_)
    chosen[order[:most]] = True
    return _rows_of(counts, chosen)
