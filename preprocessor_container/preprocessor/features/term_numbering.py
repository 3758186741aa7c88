"""Which terms a vocabulary holds, from the numbered tokens of the texts to fit on: single words, and pairs of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .distinct_tokens import NumberedTokens, PackedTokens
from .neighbour_pairs import joins
from .packed_words import PackedWords
from .subject_terms import PREFIX
from .term_index import hash_terms
from .term_rows import Recipe
from .tokens import is_term


@dataclass(frozen=True, slots=True)
class TermRule:
    """Which of what stands in texts becomes a term; the parameters of `TextVectorizer` say more."""

    recipe: Recipe
    left_out: frozenset[bytes] = frozenset()
    """Tokens that are no terms, alone and in pairs."""
    least_pair_texts: int = 2
    most: int = sys.maxsize
    """The most terms: first the words that stand in the most texts, then such pairs."""

    def wanted(self, found: NumberedTokens) -> NDArray[np.bool_]:
        """Say of each distinct token whether it may be a term."""
        wanted = np.array([is_term(token) and token not in self.left_out for token in found.distinct], np.bool_)
        return wanted if self.recipe.subject else wanted & ~found.begin_with(PREFIX)

    def wanted_words(self, words: PackedWords) -> NDArray[np.bool_]:
        """Say the same of packed tokens."""
        wanted: NDArray[np.bool_] = (words.lengths > 1) & ~np.isin(words.hashes, hash_terms(sorted(self.left_out)))
        return wanted if self.recipe.subject else wanted & ~words.begin_with(PREFIX)


@dataclass(frozen=True, slots=True)
class NumberedTerms:
    """Terms as they stand in texts, each made of one token or of two of them; they get names when a vocabulary is made.

    That takes longer than counting them, which trials do again and again.
    """

    firsts: NDArray[np.intp]
    """Shape (n_terms,): each term's only or first token, as its place among the distinct ones."""
    seconds: NDArray[np.intp]
    """Shape (n_terms,): the second token of a pair, -1 where there is none."""
    numbers: NDArray[np.int32]
    """Shape (n_found,): for each place where a term stands, which one it is; `n_terms` where none does."""
    texts: NDArray[np.intp]
    """Shape (n_found,): the number of the text."""

    @property
    def n_terms(self) -> int:
        return len(self.firsts)

    def kept(self, chosen: NDArray[np.intp]) -> NumberedTerms:
        """Return the terms with these numbers, numbered in that order."""
        anew = np.full(self.n_terms + 1, len(chosen), np.int32)
        anew[chosen] = np.arange(len(chosen))
        return NumberedTerms(self.firsts[chosen], self.seconds[chosen], anew[self.numbers], self.texts)

    def frequent(self, most: int) -> NumberedTerms:
        """Return the `most` terms that stand in the most texts; of equals, the first ones."""
        if self.n_terms <= most:
            return self
        return self.kept(np.sort(np.argsort(-self._document_frequency(), kind="stable")[:most]))

    def _document_frequency(self) -> NDArray[np.intp]:
        n_texts = int(self.texts.max(initial=0)) + 1
        places = np.sort(self.numbers.astype(np.int64) * n_texts + self.texts)
        is_first = np.diff(places, prepend=-1) != 0
        return np.bincount(places[is_first] // n_texts, minlength=self.n_terms)[: self.n_terms]

    def ordered(self, distinct: Sequence[bytes]) -> NumberedTerms:
        """Return the terms in the order of their names, given the tokens that they are made of."""
        ranks = np.empty(len(distinct), np.intp)
        ranks[sorted(range(len(distinct)), key=distinct.__getitem__)] = np.arange(len(distinct))
        # A blank sorts before what words are made of: so pairs follow their first word, and are before the next one.
        behind = np.where(self.seconds < 0, 0, ranks[self.seconds] + 1)
        return self.kept(np.argsort(ranks[self.firsts] * (len(distinct) + 1) + behind))

    def names(self, distinct: Sequence[bytes], wanted: NDArray[np.bool_] | slice = slice(None)) -> list[bytes]:
        """Return the terms themselves, or those that are wanted, given the tokens that they are made of."""
        places = zip(self.firsts[wanted].tolist(), self.seconds[wanted].tolist(), strict=True)
        return [distinct[one] if two < 0 else distinct[one] + b" " + distinct[two] for one, two in places]


def joined(singles: NumberedTerms, pairs: NumberedTerms) -> NumberedTerms:
    """Return single terms and pairs together."""
    n_terms = singles.n_terms + pairs.n_terms
    return NumberedTerms(
        np.concatenate([singles.firsts, pairs.firsts]),
        np.concatenate([singles.seconds, pairs.seconds]),
        np.concatenate(
            [np.where(singles.numbers == singles.n_terms, n_terms, singles.numbers), pairs.numbers + singles.n_terms]
        ).astype(np.int32),
        np.concatenate([singles.texts, pairs.texts]),
    )


def single_terms(found: NumberedTokens, wanted: NDArray[np.bool_]) -> NumberedTerms:
    """Return the tokens that are wanted (shape (n_distinct,)) as terms."""
    places = np.arange(len(found.distinct))
    none = np.full(len(places), -1)
    return NumberedTerms(places, none, found.numbers, found.texts).kept(np.flatnonzero(wanted))


def pair_terms(found: NumberedTokens, wanted: NDArray[np.bool_], least_texts: int) -> NumberedTerms:
    """Return pairs of neighbouring tokens as terms: those of two wanted ones that stand in at least `least_texts`."""
    joinable = np.fromiter(map(joins, found.distinct), np.bool_, len(found.distinct))
    places, texts_of_places = neighbours(found, joinable, wanted)
    pairs, numbers, texts = _in_texts(places, texts_of_places, least_texts)
    return NumberedTerms(*np.divmod(pairs, max(len(found.distinct), 1)), numbers.astype(np.int32), texts)


def neighbours(
    found: NumberedTokens | PackedTokens, joinable: NDArray[np.bool_], wanted: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Return the pairs of wanted tokens as they stand in texts, each as the number of the first times how many distinct
    tokens there are, plus that of the second; and their texts, which ascend.
    """
    words = np.flatnonzero(joinable[found.numbers])
    firsts, seconds = words[:-1], words[1:]
    together = (found.texts[firsts] == found.texts[seconds]) & (found.runs[firsts] == found.runs[seconds])
    together &= wanted[found.numbers[firsts]] & wanted[found.numbers[seconds]]
    firsts, seconds = firsts[together], seconds[together]
    places = found.numbers[firsts].astype(np.int64) * len(joinable) + found.numbers[seconds]
    return places, found.texts[firsts]


def _in_texts(
    pairs: NDArray[np.int64], texts: NDArray[np.intp], least: int
) -> tuple[NDArray[np.int64], NDArray[np.intp], NDArray[np.intp]]:
    """Return the pairs that stand in at least `least` texts, and for each place of one its number and its text; texts
    ascend.
    """
    order = np.argsort(pairs, kind="stable")
    pairs, texts = pairs[order], texts[order]
    is_first = np.diff(pairs, prepend=-1) != 0
    numbers = np.cumsum(is_first) - 1
    is_new = is_first | (np.diff(texts, prepend=-1) != 0)
    often = np.bincount(numbers[is_new], minlength=int(is_first.sum())) >= least
    here = often[numbers]
    return pairs[is_first][often], (np.cumsum(often) - 1)[numbers[here]], texts[here]
