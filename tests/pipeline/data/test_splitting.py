"""The split of a user's records into train and test."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from pipeline.data.splitting import test_share as share_for_test
from pipeline.errors import BadInput


def labels_of(seed: int, n_records: int, n_labels: int) -> NDArray[np.int32]:
    """Make labels of very unequal number, some of which have one record alone."""
    random = np.random.default_rng(seed)
    drawn = np.minimum(random.zipf(1.3, n_records), n_labels) - 1
    return np.unique(drawn, return_inverse=True)[1].astype(np.int32)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("fraction", [0.1, 0.2, 1 / 3])
def test_the_split_is_scikit_learns_number_for_number(seed: int, fraction: float) -> None:
    labels = labels_of(seed, 400 + 37 * seed, 3 + 2 * seed)
    counts = Counter(labels.tolist())
    several = np.array([position for position, label in enumerate(labels) if counts[label] > 1])
    _, theirs = train_test_split(several, test_size=fraction, stratify=labels[several], random_state=0)
    assert np.flatnonzero(share_for_test(labels, fraction)).tolist() == sorted(theirs.tolist())


def test_labels_of_one_record_are_learnt_alone() -> None:
    labels = np.array([0, 1, 1, 2, 2, 2], dtype=np.int32)
    assert not share_for_test(labels, 0.4)[0]


def test_nothing_to_test_with_is_refused() -> None:
    with pytest.raises(BadInput, match="--test-input"):
        share_for_test(np.arange(5, dtype=np.int32), 0.2)
