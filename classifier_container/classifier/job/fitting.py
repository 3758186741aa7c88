"""From the channels to a naive Bayes: at once where they are small, else a file at a time."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.naive_bayes import MultinomialNB

from ..errors import JobRefused
from ..model import discriminative_counts
from ..model.background_prior import background_alpha
from ..wire.feature_stream import FeatureSpace
from .channels import Pair, find_pairs, read_all
from .streamed_fit import StreamedFit

LARGE = 256 * 2**20
"""Bytes of features; a larger channel is not held in memory."""

_CHECKED_RECORDS = 1000


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was learnt, and from what."""

    estimator: MultinomialNB
    space: FeatureSpace
    n_records: int
    n_nonzero: int
    training_accuracy: float
    checked: sp.csr_array
    """Rows to hold the serving form to the estimator by."""


def learn(settings: argparse.Namespace) -> Learnt:
    """Read the channels and fit; both ways give the same model.

    Raises
    ------
    JobRefused
        If the channels are not what they should be; the message names the file.
    """
    pairs = find_pairs(settings.features, settings.labels)
    size = sum(pair.n_bytes for pair in pairs)
    is_large = size > LARGE
    how = "one file at a time" if is_large else "all in memory"
    sizes = f"{size:,} bytes in {len(pairs)} file(s)"
    print(f"channel features: {sizes}, read {how} (up to {LARGE:,} bytes fit into memory)", flush=True)
    return _learn_streamed(pairs, settings) if is_large else _learn_at_once(pairs, settings)


def _learn_at_once(pairs: Sequence[Pair], settings: argparse.Namespace) -> Learnt:
    data = read_all(pairs)
    refuse_too_few(set(data.categories), len(data.categories))
    alpha: float | NDArray[np.float64] = settings.alpha
    if settings.background_strength is not None:
        alpha = background_alpha(data.matrix, settings.background_strength, settings.background_share)
    estimator = discriminative_counts.fit(data.matrix, data.categories, alpha, settings.fit_prior, settings.passes)
    own = np.searchsorted(estimator.classes_, data.categories)
    accuracy = float(discriminative_counts.right_answers(estimator, data.matrix, own).mean())
    checked = data.matrix[:_CHECKED_RECORDS]
    return Learnt(estimator, data.space, len(data.categories), int(data.matrix.nnz), accuracy, checked)


def _learn_streamed(pairs: Sequence[Pair], settings: argparse.Namespace) -> Learnt:
    fit = StreamedFit.begin(pairs, settings)
    refuse_too_few(fit.categories, fit.n_records)
    estimator, n_nonzero = fit.run()
    accuracy = fit.accuracy(estimator)
    fit.finish()
    return Learnt(estimator, fit.space, fit.n_records, n_nonzero, accuracy, fit.first_rows(_CHECKED_RECORDS))


def refuse_too_few(categories: set[str] | Sequence[str], n_records: int) -> None:
    """See that there is something to tell apart."""
    if len(categories) < 2:
        raise JobRefused(f"channel labels: {len(categories)} category in {n_records} records; give at least two")
