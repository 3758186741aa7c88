"""The folds of cross-validation: which texts a trial is fitted on, and which it has to classify."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..features.text_parts import subject_of

N_FOLDS = 5
N_FINER = 2 * N_FOLDS
"""Each of `N_FOLDS` is two of these: what answers a text has then learnt from nearly as many as the final model has."""
_SEED = 0


def deal(texts: Sequence[str], categories: NDArray[np.intp], n_folds: int = N_FOLDS) -> NDArray[np.intp] | None:
    """Deal texts to folds: each category evenly, and never a thread (the same subject, without `Re:`) or the same text
    to two.

    Parameters
    ----------
    texts : sequence of str
    categories : array of shape (n_texts,)
    n_folds : int
        `N_FOLDS`, or a multiple of it: then the remainder by `N_FOLDS` is what it would give.

    Returns
    -------
    ndarray of shape (n_texts,), or None
        None if there are too few threads to leave each of `N_FOLDS` folds at least two.
    """
    threads = [_thread(text) for text in texts]
    category_of: dict[str, int] = {}
    for thread, category in zip(threads, categories.tolist(), strict=True):
        category_of.setdefault(thread, category)
    of_category: defaultdict[int, list[str]] = defaultdict(list)
    for thread, category in category_of.items():
        of_category[category].append(thread)
    chance, dealt = np.random.default_rng(_SEED), dict[str, int]()
    for category in sorted(of_category):
        for position in chance.permutation(len(of_category[category])):
            dealt[of_category[category][position]] = len(dealt) % n_folds
    if len(dealt) < 2 * N_FOLDS:
        return None
    return np.array([dealt[thread] for thread in threads], np.intp)


def in_order(n_texts: int) -> NDArray[np.intp] | None:
    """Cut texts that are in the order of time into a beginning (fold -1) and folds that follow each other.

    Returns
    -------
    ndarray of shape (n_texts,), or None
        None if there are too few to leave each fold at least two.
    """
    if n_texts < 2 * (N_FOLDS + 1):
        return None
    return np.arange(n_texts) * (N_FOLDS + 1) // n_texts - 1


def _thread(text: str) -> str:
    subject = " ".join((subject_of(text) or "").lower().split())
    return f"s {subject}" if subject else f"t {text}"
