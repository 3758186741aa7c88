"""Which terms a vocabulary holds, from the numbered tokens of the texts to fit on: single words, and pairs of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .distinct_tokens import NumberedTokens
from .neighbour_pairs import joins


@dataclass(frozen=True, slots=True)
class NumberedTerms:
    """Terms as they stand in texts."""

    terms: list[bytes]
    """Each term once."""
    numbers: NDArray[np.intp]
    """Shape (n_found,): for each place where a term stands, its place in `terms`."""
    texts: NDArray[np.intp]
    """Shape (n_found,): the number of the text."""

    def kept(self, chosen: NDArray[np.intp]) -> NumberedTerms:
        """Return the terms at these places, ascending, and where they stand."""
        anew = np.full(len(self.terms), -1, np.intp)
        anew[chosen] = np.arange(len(chosen))
        numbers = anew[self.numbers]
        here = numbers >= 0
        return NumberedTerms([self.terms[term] for term in chosen.tolist()], numbers[here], self.texts[here])

    def frequent(self, most: int) -> NumberedTerms:
        """Return the `most` terms that stand in the most texts; of equals, the first ones."""
        if len(self.terms) <= most:
            return self
        return self.kept(np.sort(np.argsort(-self._document_frequency(), kind="stable")[:most]))

    def _document_frequency(self) -> NDArray[np.intp]:
        n_texts = int(self.texts.max(initial=0)) + 1
        places = np.sort(self.numbers * n_texts + self.texts)
        is_first = np.diff(places, prepend=-1) != 0
        return np.bincount(places[is_first] // n_texts, minlength=len(self.terms))


def single_terms(found: NumberedTokens, wanted: NDArray[np.bool_]) -> NumberedTerms:
    """Return the tokens that are wanted (shape (n_distinct,)) as terms."""
    return NumberedTerms(found.distinct, found.numbers.astype(np.intp), found.texts).kept(np.flatnonzero(wanted))


def pair_terms(found: NumberedTokens, wanted: NDArray[np.bool_], least_texts: int) -> NumberedTerms:
    """Return pairs of neighbouring tokens as terms: those of two wanted ones that stand in at least `least_texts`."""
    joinable = np.fromiter(map(joins, found.distinct), np.bool_, len(found.distinct))
    words = np.flatnonzero(joinable[found.numbers])
    firsts, seconds = words[:-1], words[1:]
    together = (found.texts[firsts] == found.texts[seconds]) & (found.runs[firsts] == found.runs[seconds])
    together &= wanted[found.numbers[firsts]] & wanted[found.numbers[seconds]]
    firsts, seconds = firsts[together], seconds[together]
    n_distinct = len(found.distinct)
    places = found.numbers[firsts].astype(np.int64) * n_distinct + found.numbers[seconds]
    pairs, numbers, texts = _in_texts(places, found.texts[firsts], least_texts)
    named = zip(*(half.tolist() for half in np.divmod(pairs, max(n_distinct, 1))), strict=True)
    return NumberedTerms([found.distinct[one] + b" " + found.distinct[two] for one, two in named], numbers, texts)


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
