"""Choosing settings in the training job: by which candidates, and what is noted on the way."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import JobRefused
from ..features.distinct_tokens import NumberedTokens
from ..features.term_weighting import Idf, Weighting
from ..features.text_vectorizer import TextVectorizer
from ..selection.candidates import Candidate, candidates, grid
from ..selection.choice import Selection, choose
from ..selection.choice import select as select_of_all
from ..selection.folds import N_FINER, N_FOLDS, deal, in_order
from ..selection.training_tokens import TrainingTokens
from ..selection.trial_records import TrialRecords
from ..streaming.chunks import channel_files
from .resources import checkpoint_directory, n_cpus
from .training_texts import TrainingTexts

_SOURCE_FOLDER = Path(__file__).parents[2]
_MOST_THREADS = 2
"""Each has rows and weights of its own."""


def select(
    settings: argparse.Namespace, vectorizer: TextVectorizer, tokens: NumberedTokens, training: TrainingTexts
) -> Selection | None:
    """Choose and set the vectorizer to the choice; None where there is too little to choose by."""
    numbers = np.unique(training.categories, return_inverse=True)[1]
    records = training.texts[: training.n_records]
    finer = None if settings.ordered else deal(records, numbers[: len(records)], N_FINER)
    of_record = in_order(len(records)) if settings.ordered else _coarser(finer)
    if of_record is None:
        if settings.ranges is not None:
            raise JobRefused("channel train: too few different texts to choose by; give it at least a dozen")
        print("too few different texts to choose by: the settings stay as they are", flush=True)
        return None
    record_of = np.concatenate([np.arange(len(records)), np.array(training.copied, np.intp)])
    texts = TrainingTokens(tokens, numbers, record_of, of_record, settings.ordered, finer)
    first = _first(settings)
    if settings.ranges is None:
        selection = choose(texts, vectorizer, candidates(first), settings.budget, min(_MOST_THREADS, n_cpus()))
    else:
        tried = _grid(first, settings.ranges)
        with_pairs = any(candidate.pair_weight for candidate in tried)
        counted = texts.counted(vectorizer, texts.n_records, with_pairs)
        selection = select_of_all(counted, tried, _records(settings), n_cpus())
    print("\n".join(selection.lines()), flush=True)
    vectorizer.set_params(**selection.chosen.vectorizer_settings)
    return selection


def _coarser(finer: NDArray[np.intp] | None) -> NDArray[np.intp] | None:
    return None if finer is None else finer % N_FOLDS


def _first(settings: argparse.Namespace) -> Candidate:
    """Return the settings themselves as a candidate."""
    return Candidate(
        settings.profile,
        settings.term_frequency == "log",
        Weighting(Idf(settings.idf), settings.category_floor),
        settings.subject_weight,
        settings.classifier,
        settings.pair_weight,
        settings.keep_stop_words,
    )


def _grid(first: Candidate, ranges: dict[str, list[object]]) -> list[Candidate]:
    try:
        return grid(first, ranges)
    except (ValueError, TypeError) as error:
        raise JobRefused(f"hyperparameters: ranges: {error}") from error


def _records(settings: argparse.Namespace) -> TrialRecords:
    """Return the records of trials on this data, with these settings, by this code."""
    fixed = settings.ordered, settings.tokens, settings.stripped_copies
    digest = hashlib.sha256(repr(fixed).encode())
    paths = channel_files(settings.train)
    for place, pattern in (
        (settings.stopwords, "*.txt"),
        (_SOURCE_FOLDER, "**/*.py"),
    ):
        paths += sorted(place.glob(pattern))
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return TrialRecords(checkpoint_directory() / f"trials-{digest.hexdigest()[:16]}.jsonl")
