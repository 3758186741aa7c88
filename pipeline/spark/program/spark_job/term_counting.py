"""Document frequencies over all parts: the vocabulary and what weights are learnt from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import SparkSession

from preprocessor.features.term_counts import KeptTerms, TermCounts, kept_terms
from preprocessor.features.term_numbering import TermRule
from preprocessor.features.text_parts import stripped_copies

from .corpus import Columns, Part, Records, read_part
from .tasks import Piece, each_part, n_targets, summed

_MERGED_AT = 8
"""How many parts' counts wait before they are merged."""


@dataclass(frozen=True, slots=True)
class Counting:
    """What is counted."""

    parts: tuple[Part, ...]
    columns: Columns
    rule: TermRule
    with_copies: bool
    by_category: bool


def with_copies(records: Records) -> Records:
    """Put bare copies of the texts behind them, as the preprocessor's training job does."""
    copied, copies = stripped_copies(records.texts)
    return Records(records.texts + copies, records.categories + [records.categories[place] for place in copied])


@dataclass(frozen=True, slots=True)
class PartCounts:
    """Of one sum: the counts of a part, or of several."""

    terms: TermCounts
    categories: frozenset[str]
    n_records: int
    """Without copies."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted in all."""

    terms: KeptTerms
    categories: tuple[str, ...]
    n_records: int


def count(spark: SparkSession, counting: Counting) -> Counted:
    """Count the terms of all parts and keep those that the rule keeps; the sums come here one at a time."""
    n_sums = n_targets(spark, counting.parts)
    pieces = each_part(spark, len(counting.parts), partial(_count_part, counting, n_sums))
    categories: set[str] = set()
    n_records = 0

    def noted() -> Iterator[TermCounts]:
        nonlocal n_records
        for found in summed(pieces, partial(_merged, counting.rule)):
            categories.update(found.categories)
            n_records += found.n_records
            yield found.terms

    terms = kept_terms(noted(), counting.rule)
    return Counted(terms, tuple(sorted(categories)), n_records)


def _count_part(counting: Counting, n_sums: int, number: int) -> Iterable[Piece]:
    """Count the terms of a part, and divide them among the sums, each term with all its rows."""
    records = read_part(counting.parts[number], counting.columns)
    categories, n_records = frozenset(records.categories), len(records.texts)
    if counting.with_copies:
        records = with_copies(records)
    counts = TermCounts.of_texts(records.texts, records.categories if counting.by_category else None, counting.rule)
    rows, words = (_dealt(hashes, n_sums) for hashes in (counts.keys, counts.words.hashes))
    for target in range(n_sums):
        share = replace(counts.rows(rows[target]), words=counts.words.take(words[target]))
        if target:
            yield target, PartCounts(_without_texts(share), frozenset(), 0)
        else:
            yield target, PartCounts(share, categories, n_records)


def _dealt(hashes: NDArray[np.uint64], n_sums: int) -> list[NDArray[np.intp]]:
    """Return the places that each sum gets, in order."""
    targets = (hashes % np.uint64(n_sums)).astype(np.int32)
    order = np.argsort(targets, kind="stable")
    return np.split(order, np.searchsorted(targets[order], np.arange(1, n_sums)))


def _without_texts(counts: TermCounts) -> TermCounts:
    """Leave out how many texts there are: one of the sums has them."""
    return replace(counts, category_texts=np.zeros_like(counts.category_texts))


def _merged(rule: TermRule, parts: Iterator[PartCounts]) -> PartCounts | None:
    """Merge the counts of one sum, and leave out what the rule keeps in no case."""
    waiting: list[TermCounts] = []
    categories: set[str] = set()
    n_records = 0
    for part in parts:
        categories |= part.categories
        n_records += part.n_records
        waiting.append(part.terms)
        if len(waiting) > _MERGED_AT:
            waiting = [TermCounts.merged(waiting)]
    if not waiting:
        return None
    return PartCounts(_frequent(TermCounts.merged(waiting), rule), frozenset(categories), n_records)


def _frequent(counts: TermCounts, rule: TermRule) -> TermCounts:
    kept = kept_terms([counts], rule).counts
    return replace(kept, category_names=counts.category_names, category_texts=counts.category_texts)
