"""Records that stand in the data more than once, and what those that stand in both splits do to the score."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.report.figures.significance import Interval, share

if TYPE_CHECKING:
    import scipy.sparse as sp


Key = str | bytes | int
"""What the same records share; a number (the record's own) where a record is empty and so the same as no other."""


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Copies by one notion of being the same."""

    in_train: int
    """Records that repeat an earlier one of the train split."""
    in_test: int
    across: int
    """Test records that also stand in the train split."""
    other_category: int
    """Of those, the ones whose copies in the train split are all of another category."""
    accuracy_with_copy: Interval
    """On the test records that also stand in the train split."""
    accuracy_without: Interval
    """On the others: the accuracy without leaking."""


def texts_as_keys(texts: Sequence[str]) -> list[Key]:
    """Call texts the same when they are, but for white space. Empty texts are never the same."""
    return [" ".join(text.split()) or number for number, text in enumerate(texts)]


def rows_as_keys(rows: sp.csr_array) -> list[Key]:
    """Call texts the same when the model cannot tell them apart: equal rows. Rows without terms are never the same."""
    keys: list[Key] = []
    for number, (start, end) in enumerate(zip(rows.indptr[:-1], rows.indptr[1:], strict=True)):
        content = rows.indices[start:end].tobytes() + rows.data[start:end].tobytes()
        keys.append(hashlib.sha256(content).digest() if content else number)
    return keys


def duplicates(
    train: Sequence[Key],
    test: Sequence[Key],
    train_labels: NDArray[np.intp],
    test_labels: NDArray[np.intp],
    right: NDArray[np.bool_],
) -> Duplicates:
    """Count copies inside and across the splits; `right` says which test records were classified right."""
    labels_of: defaultdict[Key, set[int]] = defaultdict(set)
    for key, label in zip(train, train_labels.tolist(), strict=True):
        labels_of[key].add(label)
    leaked = np.array([not isinstance(key, int) and key in labels_of for key in test], dtype=np.bool_)
    other = sum(
        label not in labels_of[key]
        for key, label, copied in zip(test, test_labels.tolist(), leaked, strict=True)
        if copied
    )
    return Duplicates(
        in_train=_repeats(train),
        in_test=_repeats(test),
        across=int(leaked.sum()),
        other_category=other,
        accuracy_with_copy=share(int(right[leaked].sum()), int(leaked.sum())),
        accuracy_without=share(int(right[~leaked].sum()), int((~leaked).sum())),
    )


def _repeats(keys: Sequence[Key]) -> int:
    return sum(count - 1 for count in Counter(keys).values())
