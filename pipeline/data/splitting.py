"""The stratified split: scikit-learn's own, in a byte for each record instead of some fifty."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import BadInput

_SEED = 0
"""So that the same records always give the same split."""


def test_share(labels: NDArray[np.int32], test_fraction: float) -> NDArray[np.bool_]:
    """Choose the test records from each label that has two records or more, so that every label can be learnt.

    Parameters
    ----------
    labels : ndarray of shape (n_records,)
        Numbers from 0, in the order of the categories.
    test_fraction : float
        Between 0 and 1, of the records whose label has two or more; if it is too small for that, one of each label.

    Returns
    -------
    ndarray of shape (n_records,)
        Which records are for the test.

    Raises
    ------
    BadInput
        If nothing can be tested, or some label would be left without a record to learn from.
    """
    counts = np.bincount(labels)
    several = np.flatnonzero(counts > 1)
    n_records = int(counts[several].sum())
    if not n_records:
        raise BadInput(
            "Every label has one record alone, so none is left to test with. Name a test split: --test-input."
        )
    n_test = math.ceil(n_records * test_fraction)
    if n_records * test_fraction < len(several):
        chosen = _one_of_each(labels, several)
    elif n_records - n_test < len(several):
        raise _too_large_a_share(test_fraction)
    else:
        chosen = _stratified(labels, several, n_test)
    if (np.bincount(labels[~chosen], minlength=len(counts))[several] == 0).any():
        raise _too_large_a_share(test_fraction)
    return chosen


def _stratified(labels: NDArray[np.int32], several: NDArray[np.intp], n_test: int) -> NDArray[np.bool_]:
    """Draw as `sklearn.model_selection.train_test_split(..., stratify=labels, random_state=_SEED)` does, number for
    number; a test holds the two together.
    """
    from sklearn.utils.extmath import _approximate_mode

    random = np.random.RandomState(_SEED)
    counts = np.bincount(labels)[several]
    n_train_of = _approximate_mode(counts, int(counts.sum()) - n_test, random)
    _approximate_mode(counts - n_train_of, n_test, random)  # it may draw a number more
    chosen = np.zeros(len(labels), dtype=np.bool_)
    for label, n_train in zip(several, n_train_of, strict=True):
        positions = np.flatnonzero(labels == label)
        chosen[positions[random.permutation(len(positions))[n_train:]]] = True
    return chosen


def _one_of_each(labels: NDArray[np.int32], several: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Split a data set that is too small for its share: one record of each label for the test."""
    import pandas as pd

    with_several = np.flatnonzero(np.isin(labels, several))
    frame = pd.DataFrame({"label": labels[with_several]}, index=with_several)
    chosen = np.zeros(len(labels), dtype=np.bool_)
    chosen[frame.groupby("label").sample(1, random_state=_SEED).index] = True
    return chosen


def _too_large_a_share(test_fraction: float) -> BadInput:
    return BadInput(
        f"--test-fraction {test_fraction:g} leaves nothing to train on for some label; choose a smaller one, or give "
        f"more records."
    )
