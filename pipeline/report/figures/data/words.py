"""The words of a split as the reference counts them: cleaned as the model does, without stop words, cut by NLTK."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass

from pipeline.report.sources.served_model import ServedModel

MORE_THAN, FEWER_THAN, LONGER_THAN = 3, 100, 2
"""The reference's bounds: occurrences above and below, and letters."""

WordCount = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Words:
    """How often each word stands in a split."""

    counts: Counter[str]

    @property
    def tokens(self) -> int:
        return self.counts.total()

    @property
    def distinct(self) -> int:
        return len(self.counts)

    @property
    def once(self) -> int:
        """How many words stand there only once."""
        return sum(count == 1 for count in self.counts.values())

    def between_bounds(self) -> Counter[str]:
        """Return the words between the reference's bounds: those of its word cloud."""
        return Counter(
            {
                word: count
                for word, count in self.counts.items()
                if MORE_THAN < count < FEWER_THAN and len(word) > LONGER_THAN
            }
        )


def cleaned(model: ServedModel, text: str, stop_words: Set[bytes]) -> str:
    """Return a text's tokens without stop words, a blank between each two."""
    return b" ".join(token for token in model.words_of(text) if token not in stop_words).decode()


def count_words(cleaned_texts: Iterable[str]) -> Words:
    """Count words by `nltk.word_tokenize(text, preserve_line=True)`, which takes `cannot` and its like apart."""
    from nltk import word_tokenize

    counts: Counter[str] = Counter()
    for text in cleaned_texts:
        counts.update(word_tokenize(text, preserve_line=True))
    return Words(counts)


def most_frequent(counts: Counter[str], n_words: int) -> list[WordCount]:
    """Return the most frequent words; of equals the first in the alphabet comes first."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:n_words]


def least_frequent(counts: Counter[str], n_words: int) -> list[WordCount]:
    """Return the least frequent words; of equals the first in the alphabet comes first."""
    return sorted(counts.items(), key=lambda item: (item[1], item[0]))[:n_words]
