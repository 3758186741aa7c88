"""Many words in two plain arrays, found by their hashes: as Python's own `bytes` they would take thrice the memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .term_index import hash_terms


@dataclass(frozen=True, slots=True)
class PackedWords:
    """Words, each once, in ascending order of their hashes."""

    hashes: NDArray[np.uint64]
    """Shape (n_words,)."""
    ends: NDArray[np.int64]
    """Shape (n_words,): where each word ends in `letters`; it begins where the one before ends."""
    letters: NDArray[np.uint8]
    """The words' UTF-8, one after the other."""

    @classmethod
    def of(cls, words: Sequence[bytes]) -> PackedWords:
        """Pack words that all differ."""
        hashes = hash_terms(words)
        ends = np.cumsum(np.fromiter(map(len, words), np.int64, len(words)), dtype=np.int64)
        return cls(hashes, ends, np.frombuffer(b"".join(words), np.uint8)).take(np.argsort(hashes))

    @classmethod
    def merged(cls, parts: Sequence[PackedWords]) -> PackedWords:
        """Return the words of all parts."""
        sizes = np.array([len(part.letters) for part in parts], np.int64)
        before = np.repeat(np.cumsum(sizes) - sizes, [len(part.ends) for part in parts])
        together = cls(
            np.concatenate([part.hashes for part in parts]),
            (np.concatenate([part.ends for part in parts]) + before).astype(np.int64),
            np.concatenate([part.letters for part in parts]),
        )
        order = np.argsort(together.hashes, kind="stable")
        in_order = together.hashes[order]
        return together.take(order[np.append(True, in_order[1:] != in_order[:-1])[: len(order)]])

    @classmethod
    def cut(
        cls,
        hashes: NDArray[np.uint64],
        letters: NDArray[np.uint8],
        starts: NDArray[np.intp],
        lengths: NDArray[np.intp],
    ) -> PackedWords:
        """Pack words that stand here and there among letters; the hashes are theirs."""
        ends = np.cumsum(lengths, dtype=np.int64)
        places = np.repeat(starts - (ends - lengths), lengths) + np.arange(int(lengths.sum()))
        return cls(hashes, ends, letters[places])

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Return how many bytes each word has."""
        return np.diff(self.ends, prepend=0)

    def begin_with(self, prefix: bytes) -> NDArray[np.bool_]:
        """Say of each word whether it begins so."""
        begins = self.lengths >= len(prefix)
        starts = (self.ends - self.lengths)[begins]
        begins[begins] = np.all([self.letters[starts + place] == byte for place, byte in enumerate(prefix)], axis=0)
        return begins

    def take(self, places: NDArray[np.intp]) -> PackedWords:
        """Return the words at these places, in that order."""
        lengths = self.lengths[places]
        return PackedWords.cut(self.hashes[places], self.letters, self.ends[places] - lengths, lengths)

    def among(self, hashes: NDArray[np.uint64]) -> PackedWords:
        """Return those of the words that have one of these hashes."""
        return self.take(np.flatnonzero(np.isin(self.hashes, hashes)))

    def places_of(self, hashes: NDArray[np.uint64]) -> NDArray[np.intp]:
        """Return the place of each hash, all of which must be there."""
        places = self.hashes.searchsorted(hashes)
        assert np.array_equal(self.hashes[places], hashes)
        return places

    def names(self) -> list[bytes]:
        """Return the words themselves."""
        letters = self.letters.tobytes()
        ends = self.ends.tolist()
        return [letters[start:end] for start, end in zip([0, *ends], ends, strict=False)]
