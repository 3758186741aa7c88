"""The training job once its texts are read and cut into tokens: choose, count, fit, save, check."""

from __future__ import annotations

import argparse

import numpy as np

from ..errors import JobRefused
from ..features.distinct_tokens import NumberedTokens
from ..features.term_rows import TermRows
from ..features.text_vectorizer import TextVectorizer
from ..selection.choice import Selection
from .channels import StopWords
from .saving import CHECKED_TEXTS, check, save
from .selecting import select
from .training_texts import TrainingTexts


def fit(settings: argparse.Namespace, stop_words: StopWords, training: TrainingTexts, tokens: NumberedTokens) -> None:
    """Choose, fit, check that the serving form answers as the estimator does, save the artefact."""
    vectorizer = new_vectorizer(settings, stop_words)
    selection = select(settings, vectorizer, tokens, training) if settings.choose else None
    if selection and not selection.chosen.with_copies:
        training, tokens = _without_copies(training, tokens)
    counts = (selection and _counted(selection, vectorizer, tokens)) or _count(vectorizer, tokens)
    rows = vectorizer.fit_counts(counts, training.categories)
    figures = figures_of(training.n_records, len(training.copied), rows.shape[1], rows.nnz)
    terms = save(settings, vectorizer, stop_words, figures, selection.as_dict() if selection else None)
    check(settings.model_dir, vectorizer, terms, training.texts[: min(CHECKED_TEXTS, training.n_records)])


def _without_copies(training: TrainingTexts, tokens: NumberedTokens) -> tuple[TrainingTexts, NumberedTokens]:
    return training.without_copies(), tokens.of_texts(np.arange(len(training.texts)) < training.n_records)


def new_vectorizer(settings: argparse.Namespace, stop_words: StopWords) -> TextVectorizer:
    """Return the vectorizer that the settings ask for."""
    return TextVectorizer(
        tokens=settings.tokens,
        stop_words=stop_words.words,
        keep_stop_words=settings.keep_stop_words,
        subject_weight=settings.subject_weight,
        pair_weight=settings.pair_weight,
        max_features=settings.max_features,
        term_frequency=settings.term_frequency,
        idf=settings.idf,
        category_floor=settings.category_floor,
    )


def _counted(selection: Selection, vectorizer: TextVectorizer, tokens: NumberedTokens) -> TermRows | None:
    """Return the counts that choosing left, where they are of the same texts, and `max_features` kept no term out: that
    does not go by the terms that the choice leaves out.
    """
    counted, most = selection.counted, vectorizer.max_features
    n_texts, n_terms = counted.counts.n_rows, counted.counts.n_features
    if counted.terms is None or n_texts != tokens.n_texts or (most is not None and n_terms >= most):
        return None
    counts, kept = counted.fitted(selection.chosen)
    vectorizer.name_terms(counted.terms.names(tokens.distinct, kept))
    return counts if counts.n_features else None


def _count(vectorizer: TextVectorizer, tokens: NumberedTokens) -> TermRows:
    try:
        return vectorizer.count_tokens(tokens)
    except ValueError as error:
        raise JobRefused(f"channel train: {error}; give it texts with words in them") from error


def figures_of(n_records: int, n_copies: int, n_features: int, n_nonzero: int) -> dict[str, float]:
    """Return the figures of a fit, and print them."""
    figures = {
        "n_records": n_records,
        **({"n_copies": n_copies} if n_copies else {}),
        "n_features": n_features,
        "n_nonzero": n_nonzero,
        "nonzero_per_row": round(n_nonzero / (n_records + n_copies), 2),
    }
    print(" ".join(f"{name}={value};" for name, value in figures.items()), flush=True)
    return figures
